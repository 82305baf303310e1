/** report.json, schemaVersion 1. Tools depend on these names: times in ms since run start, ratios 0–1. */
import type { Scenario } from '../scenario/scenario.ts';
import type { Topology } from '../topology/topology.ts';
import type { Summary } from '../samples/summary.ts';
import type { Bottleneck } from '../verdict/bottleneck.ts';
import type { ThresholdResult, Verdict } from '../verdict/judge.ts';

export type HostFacts = {
  readonly cores: number;
  readonly memMb: number;
  readonly node: string;
  readonly kernel: string;
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

/** A fault of the timeline and what it did; empty until `failover-test` brings faults. */
export type FaultResult = {
  readonly kind: string;
  readonly node: string;
  readonly at: number;
  readonly until: number;
  readonly bit: boolean;
  readonly affected: number;
  readonly detectMs: number;
  readonly resumeMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly neverResumed: number;
  readonly lostAcked: number;
  readonly downClientSeconds: number;
  readonly recoveredAt: number | null;
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
  readonly series: Summary['series'];
};
