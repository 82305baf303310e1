/** What a metric is: its name, its labels and their bounds, and who exposes it. */

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** Who exposes it: the Prometheus job of the target. */
export type MetricJob = 'rtops-server' | 'rtops-run' | 'rtops-exporter';

/** A closed list of values, or the most values there can be and what they are. */
export type LabelRule =
  | { readonly values: readonly string[] }
  | { readonly atMost: number; readonly what: string };

export type MetricFamily = {
  readonly name: string;
  readonly kind: MetricKind;
  readonly job: MetricJob;
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'per second' | 'count' | 'flag';
  /** One sentence: what it counts, and what it is for. */
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelRule>>;
  /** Upper bounds in seconds; histograms only. */
  readonly buckets?: readonly number[];
  /** Why it may have no series, or only zeros, on a healthy system; absent: it never does. */
  readonly emptyWhen?: string;
  /** Exposed only by a server that has all of these; absent: by every one. */
  readonly needs?: readonly ServerPart[];
};

/**
 * What not every server has: `chat` those of role all or ws, `redis` those that are given one,
 * `log` those on the message path of that name.
 */
export type ServerPart = 'chat' | 'redis' | 'log';

/** Above this a target has a label without a bound: no healthy server comes near half of it. */
export const seriesLimit = 5000;

/**
 * From what a LAN's WebSocket takes up to a lost connection; every shipped threshold lies on a
 * bound (30 ms, 150 ms, 500 ms, 2 s, 5 s), so that a share below it is exact. Fine around 1 to 3 s,
 * where users come back from a dead node: within a bucket a quantile is only guessed.
 */
export const latencyBuckets = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25,
  0.5, 1, 1.5, 2, 3, 5, 10, 15,
] as const;

/** Labels that more than one job has. */
export const node = { atMost: 64, what: 'service names of the topology' } as const;
export const statusClass = { values: ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] } as const;

/** Makes the families of one job; a histogram gets {@link latencyBuckets}. */
export function family(job: MetricJob) {
  return (
    name: string,
    kind: MetricKind,
    unit: MetricFamily['unit'],
    help: string,
    labels: Readonly<Record<string, LabelRule>> = {},
    emptyWhen?: string,
  ): MetricFamily => ({
    name,
    kind,
    job,
    unit,
    help,
    labels,
    ...(kind === 'histogram' ? { buckets: latencyBuckets } : {}),
    ...(emptyWhen === undefined ? {} : { emptyWhen }),
  });
}
