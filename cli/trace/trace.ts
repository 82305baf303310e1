/** What `rtops trace` tells: what happened to one message, connection or request, in order. */

export type Step = {
  /** µs since run start; negative before it. */
  readonly atUs: number;
  /** The time may be off by this. */
  readonly errorUs: number;
  /** Where it stands in the order, when `atUs` is too coarse to say and its cause is known. */
  readonly orderUs?: number;
  /** `nginx`, `ws-1`, `redis`, a user: `u12`, or `fault`. */
  readonly where: string;
  readonly what: string;
  readonly source: 'history' | 'log' | 'access log' | 'report';
};

export type Timeline = {
  /** `message 12.3.4 of u12 in <room>`. */
  readonly title: string;
  /** By time. */
  readonly steps: readonly Step[];
};

export type TraceKind = 'message' | 'connection' | 'request';

export type Trace = {
  readonly id: string;
  readonly kind: TraceKind;
  /** More than one where several messages bear the id. */
  readonly timelines: readonly Timeline[];
  /** What is missing, and why. */
  readonly notes: readonly string[];
};

/** The steps in order; what happened at one time keeps the order given. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  return steps.toSorted((a, b) => (a.orderUs ?? a.atUs) - (b.orderUs ?? b.atUs));
}
