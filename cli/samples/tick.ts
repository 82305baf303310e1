/** The live figures of a run: one a second, for the screen and the progress lines. */
import type { DetailPoint } from './detail.ts';
import type { BucketCounts } from './histogram.ts';

/** The counters of one second, as the screen shows them; ledger counts are running totals. */
export type Tick = DetailPoint & {
  readonly connected: number;
  readonly refused: number;
  readonly sent: number;
  readonly acked: number;
  readonly delivered: number;
  readonly duplicated: number;
  readonly errors: number;
  readonly lateSends: number;
  readonly generatorCpuPct: number;
  readonly generatorLoopLagMs: number;
  /** For whoever watches the run from outside; absent in what is read back from a file. */
  readonly live?: LiveTotals;
};

/** Totals since run start; a counter never falls. */
export type LiveTotals = {
  /** Messages a second that the scenario asks for at the end of this second. */
  readonly targetSendsPerSec: number;
  readonly connectErrors: number;
  readonly sendErrors: number;
  readonly httpErrors: number;
  readonly refusedSends: number;
  /** Numbers of a room that did not come to a member although its connection held. */
  readonly missing: number;
  readonly outOfOrder: number;
  /** Members that came back after they were thrown off. */
  readonly reconnects: number;
  /** Over `latencyBuckets` of the metric contract. */
  readonly latency: Readonly<Record<LiveLatency, BucketCounts>>;
};

export type LiveLatency = 'connect' | 'ack' | 'delivery' | 'http' | 'resume';
