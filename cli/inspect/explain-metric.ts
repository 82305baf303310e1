/** The metric contract as people read it: one metric, the list, and docs/metrics.md. */
import type { LabelRule, MetricFamily, MetricJob } from '../../server/metric-contract.ts';

/** Who answers for a Prometheus job. */
const jobs: Readonly<Record<MetricJob, { readonly title: string; readonly by: string }>> = {
  'rtops-server': {
    title: 'The server',
    by: 'every process of the reference server, on its own metrics port',
  },
  'rtops-run': {
    title: 'A run',
    by: 'a bench or a failover-test while it runs: what its users see',
  },
  'rtops-exporter': {
    title: 'The exporter',
    by: 'the exporter beside an observed topology: nginx’s log, sockets and services',
  },
};

const parts = {
  chat: 'a chat (role all or ws)',
  redis: 'a Redis',
  log: 'the message path `log`',
} as const;

/**
 * The family that a name means: its own, or one of its series (`…_bucket`, `…_sum`, `…_count`).
 * `undefined` for a name that is not in `families`.
 */
export function familyNamed(
  families: readonly MetricFamily[],
  name: string,
): MetricFamily | undefined {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return families.find(
    (one) => one.name === name || (one.kind === 'histogram' && one.name === base),
  );
}

/** All that is known of one metric, for a terminal. */
export function metricText(family: MetricFamily): string {
  const rows: (readonly [string, string])[] = [
    ['kind', `${family.kind}, ${family.unit}`],
    ['exposed by', `${jobs[family.job].by} (job ${family.job})`],
  ];
  if (family.needs !== undefined) rows.push(['only with', needsText(family)]);
  for (const [label, rule] of Object.entries(family.labels)) {
    rows.push([`label ${label}`, ruleText(rule)]);
  }
  if (family.buckets !== undefined) rows.push(['buckets', bucketsText(family.buckets)]);
  rows.push(['series', `at most ${mostSeries(family)}`]);
  rows.push(['may be empty', emptyText(family)]);
  rows.push(['ask', exampleOf(family)]);
  const width = Math.max(...rows.map(([key]) => key.length));
  const lines = rows.map(([key, text]) => `  ${key.padEnd(width)}  ${text}`);
  return `${[family.name, `  ${family.help}`, '', ...lines].join('\n')}\n`;
}

/** Name and meaning of each, by who exposes it. */
export function metricsList(families: readonly MetricFamily[]): string {
  const width = Math.max(...families.map(({ name }) => name.length));
  return grouped(families)
    .map(([job, own]) => {
      const lines = own.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`);
      return `${[`${jobs[job].title} (job ${job})`, ...lines].join('\n')}\n`;
    })
    .join('\n');
}

/** docs/metrics.md, whole. */
export function metricsDocument(families: readonly MetricFamily[], seriesLimit: number): string {
  const chapters = grouped(families).flatMap(([job, own]) => [
    `## ${jobs[job].title}`,
    `Job \`${job}\`: ${jobs[job].by}.`,
    ...own.map(familySection),
  ]);
  const buckets = families.find((one) => one.buckets !== undefined)?.buckets ?? [];
  return `${[
    '# Metrics',
    'Written by `rtops explain --markdown` from the contract in `server/metric-contract.ts`, which servers, runs, the exporter, dashboards and alert rules share. `rtops explain METRIC` prints one.',
    'Values are in seconds and bytes; counters end in `_total`. Every label has a closed list of values or a stated bound; what a client can make up counts as `other`. Series of closed labels are there, at 0, from the first scrape: `rate()` sees the first event. The labels `topology`, `instance` and `job` come from the scrape configuration.',
    `A target of rtops with more than ${seriesLimit} series has a label without a bound.`,
    `Buckets of every histogram: ${bucketsText(buckets)}. Percentiles from buckets are as coarse as the buckets are; the report's are from the raw histogram.`,
    'The server and the exporter also say what any Node process says (`process_*`, `nodejs_*`, by prom-client). Its `nodejs_eventloop_lag_*` count the 10 ms between two looks as lag and start again at each scrape; `rtops_server_event_loop_lag_seconds` leaves them out.',
    ...chapters,
  ].join('\n\n')}\n`;
}

function familySection(family: MetricFamily): string {
  const labels = Object.entries(family.labels).map(
    ([label, rule]) => `- \`${label}\`: ${ruleText(rule)}`,
  );
  const facts = [
    ...labels,
    ...(family.needs === undefined ? [] : [`- only with ${needsText(family)}`]),
    ...(family.emptyWhen === undefined ? [] : [`- may be empty or 0: ${family.emptyWhen}`]),
  ];
  return [
    `### \`${family.name}\``,
    `${sentence(family.kind)}, ${family.unit}. ${family.help}`,
    ...(facts.length === 0 ? [] : [facts.join('\n')]),
  ].join('\n\n');
}

function grouped(
  families: readonly MetricFamily[],
): readonly (readonly [MetricJob, readonly MetricFamily[]])[] {
  return [...new Set(families.map(({ job }) => job))].map((job) => [
    job,
    families.filter((one) => one.job === job),
  ]);
}

function ruleText(rule: LabelRule): string {
  return 'values' in rule ? rule.values.join(', ') : `at most ${rule.atMost}: ${rule.what}`;
}

function needsText({ needs = [] }: MetricFamily): string {
  return needs.map((part) => parts[part]).join(', ');
}

function emptyText({ emptyWhen }: MetricFamily): string {
  return emptyWhen === undefined ? 'never, while its target is up' : `or 0: ${emptyWhen}`;
}

function bucketsText(buckets: readonly number[]): string {
  return buckets.map((sec) => (sec < 1 ? `${sec * 1000} ms` : `${sec} s`)).join(', ');
}

/** All values of all labels at once; a histogram has a series a bucket, `+Inf`, sum and count. */
function mostSeries({ labels, buckets }: MetricFamily): number {
  const perLabel = Object.values(labels).map((rule) =>
    'values' in rule ? rule.values.length : rule.atMost,
  );
  const each = buckets === undefined ? 1 : buckets.length + 3;
  return perLabel.reduce((product, count) => product * count, each);
}

/** A query to start from. */
function exampleOf({ name, kind, labels }: MetricFamily): string {
  const by = Object.keys(labels).join(', ');
  switch (kind) {
    case 'counter':
      return by === '' ? `rate(${name}[1m])` : `sum by (${by}) (rate(${name}[1m]))`;
    case 'gauge':
      return name;
    case 'histogram':
      return `histogram_quantile(0.95, sum by (le) (rate(${name}_bucket[1m])))`;
    default:
      return kind satisfies never;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
