/** What was seen in a run, reduced to the figures the judge and the reports read. */

import type { MachineUse } from './machine-use.ts';
import type { FaultImpact } from './fault-result.ts';

/**
 * A latency distribution in ms. All 0 when nothing was measured; `count` beside it tells. What took over
 * an hour counts as an hour.
 */
export type LatencyMs = {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
};

/** `latencyMs` counts from the due time (what a user waits), `serviceMs` from the actual send. */
export type OpSummary = {
  readonly count: number;
  readonly errors: number;
  readonly ratePerSec: number;
  readonly latencyMs: LatencyMs;
  readonly serviceMs: LatencyMs;
  /** HTTP: requests for which a connection was opened, and those of them that failed. */
  readonly fresh?: number | undefined;
  readonly freshErrors?: number | undefined;
  /**
   * HTTP: requests on a kept connection that the other end closed before any byte of the answer:
   * a race that keep-alive has by nature. They are among `errors`.
   */
  readonly reusedResets?: number | undefined;
  /** HTTP: requests without any answer until they were given up. Among `errors`, and in the latencies. */
  readonly givenUp?: number | undefined;
};

export type UserCounts = {
  /** The highest target of the stages. */
  readonly planned: number;
  readonly peak: number;
  /** Users whose connection was tried at least once. */
  readonly attempted: number;
  /** Users the system would not let in. */
  readonly refused: number;
  /** Users that were in, were thrown off, and were not back at the end. */
  readonly lost: number;
  /** Users whose connection the system ended at least once, back or not. Older reports have none. */
  readonly thrownOff?: number | undefined;
};

/** Classes of what can be wrong with a delivery or a send. */
export type ExceptionClass =
  | 'lost'
  | 'late'
  | 'duplicated'
  | 'reordered'
  | 'dropped'
  | 'unstored'
  | 'indeterminate'
  | 'refused'
  | 'neverBack';

/** One message (or recipient) that went wrong, with what is needed to find it in the logs. */
export type LedgerException = {
  readonly class: ExceptionClass;
  readonly id: string;
  readonly room: string;
  readonly seq: number | null;
  readonly sender: string;
  readonly recipient: string | null;
  /** ms since run start. */
  readonly atMs: number;
  /** The fault that was active, as `kind@node`. */
  readonly fault: string | null;
};

/**
 * The delivery ledger. `sent … recovered` count messages by id; `expected … dropped` count
 * (message, recipient) pairs. `lost` includes messages that were acked and are not in the log at
 * the final read. The first exceptions of each class are listed, at most 100 a class.
 */
export type LedgerSummary = {
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  readonly indeterminate: number;
  readonly recovered: number;
  readonly expected: number;
  readonly delivered: number;
  readonly lost: number;
  readonly late: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly dropped: number;
  readonly neverBack: number;
  readonly resynced: number;
  readonly exceptions: readonly LedgerException[];
};

/** Lean users beside real `socket.io-client` users: do the lean ones measure what real ones see? */
export type Fidelity = {
  readonly leanUsers: number;
  readonly clientUsers: number;
  readonly leanMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly clientMs: { readonly p50: number; readonly p95: number; readonly p99: number };
};

export type ServiceSummary = {
  readonly name: string;
  readonly kind: string;
  readonly pid: number;
  /** `max` is the highest mean over any window of 5 s. 100 = one core. */
  readonly cpuPct: { readonly avg: number; readonly max: number };
  readonly rssMb: { readonly avg: number; readonly max: number };
  /** The highest p99 seen; `null` for what is not Node. */
  readonly loopLagMs: number | null;
  readonly waitPct: number;
  /** How often it ended since the run began: started again, or down at the end. */
  readonly restarts: number;
};

/** The load generator's own health. `lateSends` left more than 50 ms after their due time in a hold stage. */
export type GeneratorSummary = {
  readonly workers: number;
  readonly cpuPct: number;
  readonly rssMb: number;
  readonly loopLagMs: { readonly p99: number; readonly max: number };
  readonly lateSends: number;
  /** Who ended before its time, and how: `load worker 1 ended (SIGKILL)`. */
  readonly endedWorkers: readonly string[];
  readonly saturated: boolean;
};

/** One second of the run, as report.json keeps it. */
export type SeriesPoint = {
  /** ms since run start. */
  readonly t: number;
  readonly users: number;
  readonly sent: number;
  readonly delivered: number;
  readonly errors: number;
  readonly ackP95: number;
  readonly deliveryP95: number;
};

/** What the faults of a run did; absent in a bench. */
export type FaultSummary = FaultImpact & {
  /** How many faults the scenario planned: one that was not done proves nothing. */
  readonly planned: number;
};

/** Everything measured in a run; `report.json` is this plus what was asked and what was judged. */
export type Summary = {
  readonly durationMs: number;
  readonly partial: boolean;
  readonly users: UserCounts;
  /** `connect`, `chat.join`, `chat.ack`, `chat.delivery`, `http`; other protocols may add names. */
  readonly ops: Readonly<Record<string, OpSummary>>;
  readonly ledger: LedgerSummary;
  readonly fidelity: Fidelity;
  readonly services: readonly ServiceSummary[];
  readonly generator: GeneratorSummary;
  readonly series: readonly SeriesPoint[];
  /** Whether the final read of the log was done, and why not. */
  readonly finalRead: { readonly done: boolean; readonly why: string | null };
  /** Sends due in hold stages: the base of the share of late ones. */
  readonly holdSends: number;
  readonly impact?: FaultSummary;
  /** Of the machine that ran the load, and the system where that is ours; older reports have none. */
  readonly machine?: MachineUse | undefined;
};
