/** The live figures of a run: one a second, for the screen and the progress lines. */
import type { DetailPoint } from './detail.ts';

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
};
