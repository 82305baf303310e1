/** What a trace is made from. */
import type { TracedFault } from './fault-steps.ts';
import type { LogText } from './log-search.ts';
import type { MessageHistory } from './message-history.ts';
import type { RunStart } from './trace-clock.ts';
import type { TraceGaps } from './trace-gaps.ts';

/** All that is known about a run, as far as a trace can use it. */
export type TraceInput = {
  readonly id: string;
  /** `null`: no run is meant, and lines of any may be told. */
  readonly runId: string | null;
  readonly start: RunStart;
  /** The run goes on: what is missing may yet come. */
  readonly underWay: boolean;
  /** Whether the run's system was one that rtops started. */
  readonly ownSystem: boolean;
  readonly traceSample: number | undefined;
  readonly messagePath: string | undefined;
  readonly hasRedis: boolean;
  readonly hasProxy: boolean;
  /** Whether nginx was told to keep an access log. */
  readonly hasAccessLog: boolean;
  readonly logs: readonly LogText[];
  /** What the run kept and is not whole any more. */
  readonly gaps: TraceGaps;
  readonly faults: readonly TracedFault[];
  /** `undefined`: the id is not one of the engine's messages. */
  readonly history: MessageHistory | undefined;
};
