/** report.json, schemaVersion 1. Tools depend on these names: times in ms since run start, ratios 0–1. */
import type { Scenario } from '../scenario/scenario.ts';
import type { Topology } from '../topology/topology.ts';
import type { FaultImpact, FaultResult } from '../samples/fault-result.ts';
import type { Summary } from '../samples/summary.ts';
import type { Isolation } from '../samples/window-latency.ts';
import type { Bottleneck } from '../verdict/bottleneck.ts';
import type { ThresholdResult, Verdict } from '../verdict/judge.ts';
import type { Repeats, RunRow } from './run-row.ts';

export type HostFacts = {
  readonly cores: number;
  readonly memMb: number;
  readonly node: string;
  readonly kernel: string;
  /** Over the run, all cores = 100, whoever used them; older reports have neither. */
  readonly cpuPct?: { readonly avg: number; readonly max: number } | undefined;
  readonly stealPct?: number | undefined;
};

export type RunFacts = {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly partial: boolean;
  readonly seed: number;
  /** rtops, node, nginx, redis, socket.io → version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly host: HostFacts;
};

export type { FaultResult };

export type JudgedFrom = {
  readonly holdSends: number;
  readonly finalRead: Summary['finalRead'];
  /** Whether clients and system shared the machine. */
  readonly loopback: boolean;
  /** The run was ended at once, by a second Ctrl-C: the last second of its workers is not in its counts. */
  readonly cutShort: boolean;
};

export type Report = {
  readonly schemaVersion: 1;
  readonly run: RunFacts;
  /** `null` when the target was somebody else's (`--url`). */
  readonly topology: Topology | null;
  readonly scenario: Scenario;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** Sentences that qualify the verdict: why there is none, what loopback hides, what was not read. */
  readonly notes: readonly string[];
  readonly thresholds: readonly ThresholdResult[];
  readonly users: Summary['users'];
  readonly ops: Summary['ops'];
  readonly ledger: Summary['ledger'];
  readonly fidelity: Summary['fidelity'];
  readonly services: Summary['services'];
  readonly generator: Summary['generator'];
  readonly bottleneck: Bottleneck;
  readonly faults: readonly FaultResult[];
  /** Baseline, availability and slow messages of a run with faults; absent in a bench. */
  readonly impact?: Omit<FaultImpact, 'faults'> | null | undefined;
  readonly series: Summary['series'];
  /** What else the verdict was reached from, so that `verify` can judge again. */
  readonly judged: JudgedFrom;
  /** What a flood, or faults of the API pool, did to chat and HTTP; absent without either. */
  readonly isolation?: Isolation | null | undefined;
  /** All of them: faults of the API pool beside those of the chat's. The first is `isolation`. */
  readonly isolations?: readonly Isolation[] | undefined;
  /** `--repeat`: every run of the series; this report is of the last. */
  readonly repeats?: Repeats | undefined;
  /** `--ladder`: a row a rung; this report is of the last. */
  readonly ladder?: readonly RunRow[] | undefined;
};
