/**
 * PromQL over the metric contract, in one place: every query of every dashboard is built here, so that
 * a metric cannot be misspelt and another form of histogram can be added once (native ones, later).
 */
import type { MetricFamily } from '../server/metric-contract.ts';

/** A family of another program's page; see foreign-metrics.ts. */
export type ForeignMetric = {
  readonly name: string;
  /** The Prometheus job that reads it. */
  readonly job: string;
};

type AnyMetric = MetricFamily | ForeignMetric;

/** What a query may add: matchers as PromQL writes them, and the labels that are kept. */
type Shape = {
  /** Further matchers: `event="chat:message"`. */
  readonly where?: readonly string[];
  readonly by?: readonly string[];
};

/** The window of every rate: Grafana makes it at least four scrapes wide. */
const window = '[$__rate_interval]';

/** The selector, narrowed to what is chosen on the dashboard. Servers also by instance. */
function select(metric: AnyMetric, where: readonly string[] = [], suffix = ''): string {
  return `${metric.name}${suffix}{${[...scopeOf(metric), ...where].join(', ')}}`;
}

/** `sum by (…) (gauge)`, or of a run's counter: its total since the run began. */
export function sum(metric: AnyMetric, { where, by }: Shape = {}): string {
  return `sum${grouped(by)}(${select(metric, where)})`;
}

/** How many observations a run's histogram has had since the run began. */
export function sumOfCount(metric: AnyMetric, { where, by }: Shape = {}): string {
  return `sum${grouped(by)}(${select(metric, where, '_count')})`;
}

/** The largest, for gauges that do not add up: a lag, a flag. */
export function max(metric: AnyMetric, { where, by }: Shape = {}): string {
  return `max${grouped(by)}(${select(metric, where)})`;
}

/** Events per second of a counter. */
export function rate(metric: AnyMetric, shape: Shape = {}): string {
  return ratePerSec(metric, '', shape);
}

/** Observations per second of a histogram. */
export function rateOfCount(metric: AnyMetric, shape: Shape = {}): string {
  return ratePerSec(metric, '_count', shape);
}

/** What was observed by a histogram, per second: of seconds the share of the time. */
export function rateOfSum(metric: AnyMetric, shape: Shape = {}): string {
  return ratePerSec(metric, '_sum', shape);
}

/** Mean of a histogram over the window; NaN while nothing was observed. */
export function mean(metric: AnyMetric, shape: Shape = {}): string {
  return `${rateOfSum(metric, shape)} / ${rateOfCount(metric, shape)}`;
}

/** A quantile over classic buckets, by default the one chosen on the dashboard. */
export function quantile(
  metric: AnyMetric,
  { by = [], q = '$quantile', ...shape }: Shape & { readonly q?: string } = {},
): string {
  return `histogram_quantile(${q}, ${ratePerSec(metric, '_bucket', { ...shape, by: ['le', ...by] })})`;
}

/** A quantile over all a run has seen: its buckets start at zero with it, so no window is needed. */
export function quantileOfRun(metric: AnyMetric, q: string, by: readonly string[] = []): string {
  const buckets = select(metric, [], '_bucket');
  return `histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${buckets}))`;
}

/** Observations per second and bucket, for a heatmap. */
export function heat(metric: AnyMetric, where: readonly string[] = []): string {
  return ratePerSec(metric, '_bucket', { where, by: ['le'] });
}

/** Share of observations at or below a bound in seconds, which must be one of the buckets. */
export function shareBelow(metric: MetricFamily, boundSec: number, shape: Shape = {}): string {
  if (!metric.buckets?.includes(boundSec)) {
    throw new RangeError(`${metric.name} has no bucket of ${boundSec} s: a share would be a guess`);
  }
  const where = [...(shape.where ?? []), `le="${boundSec}"`];
  const below = ratePerSec(metric, '_bucket', { ...shape, where });
  return `${below} / ${rateOfCount(metric, shape)}`;
}

/** By labels, the largest there was within all that is shown. */
export function maxWithin(metric: AnyMetric, by: readonly string[]): string {
  return `max${grouped(by)}(max_over_time(${select(metric)}[$__range]))`;
}

/** As many as have grown most in all that is shown: one choice for the whole time, whatever moved within it. */
export function mostGrown(metric: AnyMetric, count: number, { where, by }: Shape = {}): string {
  return `topk(${count}, sum${grouped(by)}(increase(${select(metric, where)}[$__range] @ end())))`;
}

/** `part / whole`, no value while the whole is zero. */
export function ratio(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

/** The expression, or zero where it has no series but `alive` has: nothing happened, and we know it. */
export function orZero(expr: string, alive: string): string {
  return `(${expr} or 0 * ${alive})`;
}

function scopeOf(metric: AnyMetric): readonly string[] {
  const topology = 'topology=~"$topology"';
  switch (metric.job) {
    case 'rtops-server':
      return ['job="rtops-server"', topology, 'instance=~"$instance"'];
    default:
      return [`job="${metric.job}"`, topology];
  }
}

function ratePerSec(metric: AnyMetric, suffix: string, { where, by }: Shape): string {
  return `sum${grouped(by)}(rate(${select(metric, where, suffix)}${window}))`;
}

function grouped(by: readonly string[] = []): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')}) `;
}
