/**
 * The grammar of thresholds, parsed before anything starts.
 *
 *     threshold  = metric [ "[" selector "]" ] [ statistic ] comparison bound [ "over" ">=" samples ]
 *     metric     = a name of the table in metrics.ts: "chat.ack", "ledger.lost", "service.cpu", …
 *     selector   = a service, a kind or a pool: "ws-1", "redis", "ws"; of faults "kill@ws-1" too; "*": all
 *     statistic  = "p50" | "p90" | "p95" | "p99" | "p99.9" | "p999" | "p(" number ")" | "med" | "max"
 *                | "avg" | "count" | "rate" | "errors"
 *     comparison = "<" | "<=" | ">" | ">=" | "=" | "==" | "!="
 *     bound      = number [ unit ]
 *     unit       = "us" | "ms" | "s" | "m" | "%" | "/s" | "KB" | "MB" | "GB"
 *     samples    = a whole number, at least 1
 *     number     = digits [ "." digits ], with "_" or "," between digits as people group them
 *
 * Spaces are free. A bare number is ms for a latency, MB for memory, per second for a rate; a share
 * and CPU need their "%" (0 excepted), since 0.01 and 1 % are too easily confused.
 */
import { exitCode } from '../exit-code.ts';
import { Failure, nearestName } from '../failure.ts';
import { metrics } from './metrics.ts';
import type { Metric, MetricUnit } from './metric.ts';

export type Comparison = '<' | '<=' | '>' | '>=' | '=' | '!=';

export type Threshold = {
  /** As written. */
  readonly text: string;
  /** A name of the table of metrics. */
  readonly metric: string;
  /** `service.cpu[redis]` → `redis`. */
  readonly selector: string | null;
  /** A statistic of the metric; `''` where it has only one. */
  readonly statistic: string;
  readonly comparison: Comparison;
  /** In `unit`. */
  readonly bound: number;
  readonly unit: MetricUnit;
  /** `over >= 1000`: fewer samples are no data. */
  readonly over: number | null;
};

/** @throws Failure `usage` with the word that is wrong, what is allowed and the nearest name. */
export function parseThreshold(text: string): Threshold {
  const read = readThreshold(text);
  if (typeof read !== 'string') return read;
  throw new Failure(exitCode.usage, `threshold ${JSON.stringify(text)} cannot be read`, {
    why: read,
    next: "write one such as 'chat.ack p95 < 30ms'; docs/thresholds.md has the grammar and every metric",
  });
}

/** What is wrong with a threshold in a file, as one sentence; `undefined` when nothing is. */
export function thresholdProblem(text: string): string | undefined {
  const read = readThreshold(text);
  return typeof read === 'string' ? `threshold ${JSON.stringify(text)}: ${read}` : undefined;
}

/** The metric a parsed threshold is about. */
export function metricOf(threshold: Threshold): Metric {
  const metric = metrics.find(({ name }) => name === threshold.metric);
  if (metric === undefined) throw new Error(`no metric ${threshold.metric}`);
  return metric;
}

const form = /^\s*([\w.]+)\s*(?:\[([^\]]*)\])?\s*([^<>=!]*?)\s*(<=|>=|==|!=|<|>|=)\s*(.*?)\s*$/s;

/** The threshold, or the sentence that says what is wrong. */
function readThreshold(text: string): Threshold | string {
  const match = form.exec(text);
  if (match === null) {
    const first = /^\s*([\w.]+)/.exec(text)?.[1];
    const metric = first === undefined ? undefined : findMetric(first);
    if (typeof metric === 'string') return metric;
    return 'expected a metric, a statistic, a comparison and a bound, such as chat.ack p95 < 30ms';
  }
  const [, name = '', selector, statisticText = '', comparison = '', rest = ''] = match;
  const metric = findMetric(name);
  if (typeof metric === 'string') return metric;
  if (selector !== undefined && !metric.selects)
    return `${name} takes no [${selector}]; only services and faults do`;
  if (selector !== undefined && !/^(?:\*|[a-z][a-z0-9-]*(?:@[a-z][a-z0-9-]*)?)$/.test(selector)) {
    return `[${selector}] names no service; expected one such as [ws], [ws-1], [redis] or [*]`;
  }
  const statistic = findStatistic(metric, statisticText);
  if (typeof statistic === 'string') return statistic;
  const [boundText = '', overText, ...more] = rest.split(/\s*\bover\b\s*/);
  if (more.length > 0) return 'over stands twice';
  const bound = readBound(boundText, statistic.unit, metric.name);
  if (typeof bound === 'string') return bound;
  const over = overText === undefined ? null : readOver(overText);
  if (typeof over === 'string') return over;
  return {
    text: text.trim(),
    metric: metric.name,
    selector: selector ?? null,
    statistic: statistic.name,
    comparison: comparison === '==' ? '=' : (comparison as Comparison),
    bound,
    unit: statistic.unit,
    over,
  };
}

function findMetric(name: string): Metric | string {
  const names = metrics.map((metric) => metric.name);
  const found = metrics.find((metric) => metric.name === name);
  if (found !== undefined) return found;
  // `chat.lost` or `lost` for `ledger.lost`: the last word is often the right one.
  const tail = names.filter((known) => known.split('.').at(-1) === name.split('.').at(-1));
  const near = nearestName(name, names) ?? (tail.length === 1 ? tail[0] : undefined);
  const hint = near === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`;
  return `there is no metric ${JSON.stringify(name)}; ${hint}`;
}

function findStatistic(metric: Metric, written: string): Metric['statistics'][number] | string {
  const wanted = statisticName(written.replace(/\s+/g, ''));
  const found = metric.statistics.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const names = metric.statistics.map(({ name }) => name).filter((name) => name !== '');
  if (names.length === 0)
    return `${metric.name} takes no statistic, and here is ${JSON.stringify(written)}`;
  if (wanted === '') return `${metric.name} needs one of ${names.join(', ')}`;
  const near = nearestName(wanted, names);
  return `${metric.name} has no ${JSON.stringify(written)}; expected one of ${names.join(', ')}${
    near === undefined ? '' : `; did you mean ${near}?`
  }`;
}

/** `p(95)` → `p95`, `p(99.90)` → `p99.9`, `p999` → `p99.9`, `med` → `p50`. */
function statisticName(written: string): string {
  const inBrackets = /^p\((\d+(?:\.\d+)?)\)$/.exec(written)?.[1];
  const name = inBrackets === undefined ? written : `p${Number(inBrackets)}`;
  if (name === 'p999') return 'p99.9';
  if (name === 'p100') return 'max';
  return name === 'med' ? 'p50' : name;
}

/** How many of the metric's unit one written unit is. */
const unitFactors: Readonly<Record<MetricUnit, Readonly<Record<string, number>>>> = {
  ms: { '': 1, us: 0.001, ms: 1, s: 1000, m: 60_000 },
  '%': { '%': 1 },
  MB: { '': 1, KB: 1 / 1024, MB: 1, GB: 1024 },
  '/s': { '': 1, '/s': 1 },
  '': { '': 1 },
};

function readBound(text: string, unit: MetricUnit, metric: string): number | string {
  const match = /^(-?)(\d[\d_,]*(?:\.\d+)?)\s*([a-zA-Z%/µ]*)$/.exec(text);
  const units = Object.keys(unitFactors[unit]).filter((name) => name !== '');
  const expected =
    units.length === 0
      ? 'a plain number'
      : `a number with ${units.join(', ')}, such as ${examples[unit]}`;
  if (match === null)
    return `${JSON.stringify(text)} is not a bound of ${metric}; expected ${expected}`;
  const [, minus, digits = '', written = ''] = match;
  if (minus === '-') return `a bound below zero can never matter; expected ${expected}`;
  const value = Number(digits.replace(/[_,]/g, ''));
  const name = written === 'µs' ? 'us' : written;
  const factor = unitFactors[unit][name];
  if (factor !== undefined && Object.hasOwn(unitFactors[unit], name)) {
    const bound = value * factor;
    return Number.isFinite(bound)
      ? bound
      : `a bound that large can never matter; expected ${expected}`;
  }
  if (written === '' && value === 0) return 0;
  if (written === '') {
    return `${JSON.stringify(digits)} needs a unit: ${units.join(', ')}, such as ${examples[unit]}`;
  }
  return `${JSON.stringify(written)} is not a unit of ${metric}; expected ${expected}`;
}

const examples: Readonly<Record<MetricUnit, string>> = {
  ms: '30ms',
  '%': '1%',
  MB: '512MB',
  '/s': '100/s',
  '': '0',
};

function readOver(text: string): number | string {
  const match = /^>=\s*(\d[\d_,]*)$/.exec(text);
  const samples = Number(match?.[1]?.replace(/[_,]/g, ''));
  return samples >= 1 && Number.isSafeInteger(samples)
    ? samples
    : `over ${text} is not a number of samples; expected over >= 1000, say`;
}
