/** Every metric that a query may name, with its kind and labels: our contract, and others' pages. */
import { metricFamilies } from '../../server/metric-contract.ts';
import { exporterPages } from '../exporter-metrics.ts';
import type { Selector } from './promql-facts.ts';

export type KnownMetric = {
  readonly kind: string;
  readonly labels: readonly string[];
  readonly jobs: readonly string[];
  /** Closed lists of values, where there are some. */
  readonly values: Readonly<Record<string, readonly string[]>>;
};

/** Given by the scrape config to every series. */
const targetLabels = ['topology', 'instance', 'job'];

const jobOfPage = {
  node: 'rtops-server',
  redis: 'redis',
  nginx: 'nginx',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
} as const;

/** By family name, without a histogram's suffixes. */
export const knownMetrics: ReadonlyMap<string, KnownMetric> = build();

/** What is wrong with a selector, in words; empty when nothing is. */
export function wrongWith({ metric, matchers, kept, over }: Selector): readonly string[] {
  const [name, suffix] = splitSuffix(metric);
  const known = knownMetrics.get(name);
  if (known === undefined) return [`${metric}: nobody exposes it`];
  const wrong: string[] = [];
  const isHistogram = known.kind === 'histogram';
  if (isHistogram && suffix === '') wrong.push(`${metric}: a histogram has only its parts`);
  const labels = [...known.labels, ...targetLabels, ...(suffix === '_bucket' ? ['le'] : [])];
  for (const label of [...matchers.keys(), ...kept]) {
    if (!labels.includes(label)) wrong.push(`${metric}: has no label ${label}`);
  }
  for (const [label, values] of Object.entries(known.values)) {
    const asked = matchers.get(label);
    if (asked !== undefined && /^[\w: ]+$/.test(asked) && !values.includes(asked)) {
      wrong.push(`${metric}: ${label} is never ${asked}`);
    }
  }
  const job = matchers.get('job');
  if (job !== undefined && !known.jobs.includes(job)) {
    wrong.push(`${metric}: read by ${known.jobs.join(' or ')}, not ${job}`);
  }
  const isCounter = known.kind === 'counter' || isHistogram;
  const isRated = over === 'rate' || over === 'increase';
  if (isRated && !isCounter) wrong.push(`${metric}: a ${known.kind} has no rate`);
  // A run's counters begin at zero with it: their value is the run's total.
  if (!isRated && isCounter && !known.jobs.includes('rtops-run') && !isTotal(name)) {
    wrong.push(`${metric}: a counter without rate()`);
  }
  return wrong;
}

/** Counters of which the total is what is asked. */
function isTotal(name: string): boolean {
  return name === 'rtops_service_restarts_total';
}

function splitSuffix(metric: string): readonly [name: string, suffix: string] {
  const match = /^(.+)(_bucket|_sum|_count)$/.exec(metric);
  const base = match?.[1];
  if (base !== undefined && knownMetrics.get(base)?.kind === 'histogram') {
    return [base, match?.[2] ?? ''];
  }
  return [metric, ''];
}

function build(): ReadonlyMap<string, KnownMetric> {
  const known = new Map<string, KnownMetric>();
  for (const { name, kind, labels, job } of metricFamilies) {
    const values = Object.entries(labels).flatMap(([label, rule]) =>
      'values' in rule ? [[label, rule.values] as const] : [],
    );
    known.set(name, {
      kind,
      labels: Object.keys(labels),
      jobs: [job],
      values: Object.fromEntries(values),
    });
  }
  for (const page of Object.keys(jobOfPage) as (keyof typeof jobOfPage)[]) {
    const families: Readonly<Record<string, { type: string; labels: readonly string[] }>> =
      exporterPages[page];
    for (const [name, { type, labels }] of Object.entries(families)) {
      const jobs = [...(known.get(name)?.jobs ?? []), jobOfPage[page]];
      known.set(name, { kind: type, labels, jobs, values: {} });
    }
  }
  // Written by Prometheus itself about its targets and rules.
  known.set('up', { kind: 'gauge', labels: [], jobs: Object.values(jobOfPage), values: {} });
  known.set('ALERTS', {
    kind: 'gauge',
    labels: ['alertname', 'alertstate', 'severity'],
    jobs: [],
    values: { alertstate: ['pending', 'firing'] },
  });
  return known;
}
