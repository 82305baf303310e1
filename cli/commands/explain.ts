/** `rtops explain [NAME]`: what a metric, a threshold's metric, an alert or an exit code means. */
import { metricFamilies, seriesLimit } from '../../server/metric-contract.ts';
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import {
  familyNamed,
  metricText,
  metricsDocument,
  metricsList,
} from '../inspect/explain-metric.ts';
import type { Metric } from '../verdict/metric.ts';
import { metrics as thresholdMetrics } from '../verdict/metrics.ts';
import type { World } from '../world.ts';
import { alertNames, alertText } from './explain-alert.ts';
import { explainDocument, explainListDocument } from './explain-document.ts';

const exitCodes: Readonly<Record<keyof typeof exitCode, string>> = {
  pass: 'every threshold held, and the run was valid',
  internal: 'a bug in rtops; the stack is printed',
  usage: 'the command line is wrong, or differs from what is up',
  failed: 'a threshold failed, or what was to be proved is disproved',
  badFile: 'a scenario or topology file cannot be read, parsed or validated',
  interrupted: 'Ctrl-C or SIGTERM; the report on disk is marked partial',
  notReady: 'a missing program, a port in use, a service that died at start, another bench at work',
  unhealthy: 'the target does not answer, or answers as something else',
  noVerdict: 'no verdict: the generator was saturated, there was no data, the fault did not bite',
};

/** Who exposes what dashboards show beside the contract. */
const foreignMakers: readonly (readonly [RegExp, string])[] = [
  [/^nodejs_\w+$/, 'prom-client says it of any Node process (servers and exporter)'],
  [/^process_\w+$/, 'every process with a metrics page says it of itself'],
  [/^redis_\w+$/, 'redis_exporter says it of Redis (job redis)'],
  [/^nginx(exporter)?_\w+$/, 'nginx-prometheus-exporter says it of nginx (job nginx)'],
  [
    /^(prometheus|promhttp|net_conntrack|go)_\w+$/,
    'Prometheus and its Go programs say it of themselves',
  ],
  [/^alertmanager_\w+$/, 'Alertmanager says it of itself (job alertmanager)'],
  [
    /^(up|scrape_\w+|ALERTS|ALERTS_FOR_STATE)$/,
    'Prometheus makes it, one for each target or alert',
  ],
];

const knownNames: readonly string[] = [
  ...[...metricFamilies, ...thresholdMetrics].map((one) => one.name),
  ...alertNames,
];

/**
 * Prints one, or without a name the list of all, `json` as a document; `markdown` prints docs/metrics.md.
 * @throws Failure `usage` for a name that nothing here has, and for a name beside `markdown`.
 */
export function explain(
  world: World,
  {
    name,
    markdown,
    json = false,
  }: {
    readonly name: string | undefined;
    readonly markdown: boolean;
    readonly json?: boolean;
  },
): ExitCode {
  if (markdown && json) {
    throw new Failure(exitCode.usage, '--markdown and --json cannot both be printed', {
      next: 'leave out one of them',
    });
  }
  if (markdown && name !== undefined) {
    throw new Failure(exitCode.usage, '--markdown prints all metrics, and takes no name', {
      next: `rtops explain ${name}`,
    });
  }
  if (json) world.stdout.write(`${JSON.stringify(documentOf(name), undefined, 2)}\n`);
  else if (markdown) world.stdout.write(metricsDocument(metricFamilies, seriesLimit));
  else world.stdout.write(name === undefined ? listText() : explainText(asWritten(name)));
  return exitCode.pass;
}

function documentOf(name: string | undefined): object {
  if (name === undefined) return explainListDocument(exitCodeRows());
  const known = asWritten(name);
  const document = explainDocument(known, exitCodeRows());
  if (document !== undefined) return document;
  const foreign = foreignMakers.find(([pattern]) => pattern.test(known));
  if (foreign === undefined) throw unknownName(known);
  return { schemaVersion: 1, of: 'foreign metric', about: foreign[1], name: known };
}

/** The name that differs from it in nothing but capitals, where there is just one; else itself. */
function asWritten(name: string): string {
  const same = knownNames.filter((one) => one.toLowerCase() === name.toLowerCase());
  const [only] = same;
  return only === undefined || same.length > 1 || same.includes(name) ? name : only;
}

function explainText(name: string): string {
  const family = familyNamed(metricFamilies, name);
  if (family !== undefined) return metricText(family);
  const metric = thresholdMetrics.find((one) => one.name === name);
  if (metric !== undefined) return thresholdMetricText(metric);
  const code = exitCodeRows().find(([number]) => number === name);
  if (code !== undefined) return `exit code ${code[0]}\n  ${code[1]}\n`;
  const alert = alertText(name);
  if (alert !== undefined) return alert;
  const foreign = foreignMakers.find(([pattern]) => pattern.test(name));
  if (foreign !== undefined) {
    return `${name}\n  Not a metric of rtops: ${foreign[1]}.\n  Its own help: /api/v1/metadata?metric=${name} of Prometheus (rtops open prometheus).\n`;
  }
  throw unknownName(name);
}

function unknownName(name: string): Failure {
  const part = name.length >= 3 ? knownNames.find((one) => one.includes(name)) : undefined;
  const near = nearestName(name, knownNames) ?? part;
  return new Failure(exitCode.usage, `there is nothing named ${JSON.stringify(name)} to explain`, {
    why: 'expected a metric of Prometheus or of a threshold, an alert, or an exit code',
    next: near === undefined ? 'rtops explain' : `rtops explain ${near}`,
  });
}

function thresholdMetricText({ name, about, statistics, selects }: Metric): string {
  const named = statistics.filter((one) => one.name !== '');
  const [first] = statistics;
  const example = [name, first?.name ?? '', `< 10${first?.unit ?? ''}`].filter((one) => one !== '');
  return `${[
    name,
    `  ${about}`,
    '',
    '  of           thresholds and report.json (docs/thresholds.md)',
    ...(named.length > 0 ? [`  statistics   ${named.map((one) => one.name).join(', ')}`] : []),
    ...(selects ? [`  selectors    ${name}[ws-1], [redis], [*]`] : []),
    `  write        --threshold '${example.join(' ')}'`,
  ].join('\n')}\n`;
}

function listText(): string {
  const width = Math.max(...metricFamilies.map(({ name }) => name.length));
  const rows = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([key, text]) => `  ${key.padEnd(width)}  ${text}\n`).join('');
  return [
    metricsList(metricFamilies),
    `Thresholds\n${rows(thresholdMetrics.map(({ name, about }) => [name, about]))}`,
    `Alerts\n${alertNames.map((name) => `  ${name}\n`).join('')}`,
    `Exit codes\n${rows(exitCodeRows())}`,
  ].join('\n');
}

function exitCodeRows(): readonly (readonly [string, string])[] {
  return Object.entries(exitCodes).map(([key, text]) => [
    String(exitCode[key as keyof typeof exitCode]),
    text,
  ]);
}
