/**
 * What faults did to users, as report.json keeps it. Times are ms since run start, durations ms.
 * Definitions: fault-impact.ts; availability: availability.ts.
 */
import type { FourQuantiles } from './quantile.ts';

/** One fault of the timeline and what it did. */
export type FaultResult = {
  readonly kind: string;
  readonly node: string;
  readonly at: number;
  readonly until: number;
  /** Whether there was a fault at all: without it the run proves nothing. */
  readonly bit: boolean;
  /** Clients thrown off, not let in, or with a send that failed or was never answered. */
  readonly affected: number;
  /** Median over the affected clients of: first sign − at. */
  readonly detectMs: number;
  /** Over the clients that came back: the replay had caught up and a send was acked again, − at. */
  readonly resumeMs: FourQuantiles;
  readonly neverResumed: number;
  /** Acked messages that a member never got, or that are not in the log. */
  readonly lostAcked: number;
  /** Without service: away, or hanging on a living connection (`stalledClientSeconds` of them). */
  readonly downClientSeconds: number;
  /** First moment from which the service was as before; `null` when that was not seen. */
  readonly recoveredAt: number | null;
  /** As written: `kill@ws-2,at=20s,for=10s`. */
  readonly text: string;
  /** Connected clients on the node just before, where known. */
  readonly clientsOnNode: number | null;
  /** What the injector saw of its own effect. */
  readonly evidence: string;
  /** Why it did not bite; `null` when it did. */
  readonly unfelt: string | null;
  readonly detect: FourQuantiles;
  /** detect + backoff + connect + resume of each client is its time until it was back. */
  readonly backoff: FourQuantiles;
  readonly connect: FourQuantiles;
  readonly resume: FourQuantiles;
  /** The first client that was back, − at; `null` when none was. */
  readonly firstBackMs: number | null;
  /** `recoveredAt` − `at`. */
  readonly mttrMs: number | null;
  /** How long the service was watched from `at` on, at most to the next fault. */
  readonly watchedMs: number;
  /** The most reconnects in any one second. */
  readonly stormPerSec: number;
  /** Clients not among the affected that stayed connected and waited over a second for an ack. */
  readonly stalled: number;
  /** Of all clients that waited so on a living connection. */
  readonly stalledClientSeconds: number;
  /** Messages due, and acks that came, from `at` to 10 s after `until` or to the next fault; HTTP too. */
  readonly due: number;
  readonly acked: number;
  /** While the fault was there, `at` to `until`: messages due, those of them acked ever, acks that came. */
  readonly dueWithin: number;
  readonly answeredWithin: number;
  readonly ackedWithin: number;
  /** p99 of the acks of messages due from `at` to `until`. */
  readonly ackP99Ms: number;
  readonly httpRequests: number;
  readonly httpFailed: number;
  /** Of the failed: those for which a connection was opened, and kept connections that were reset. */
  readonly httpFreshFailed: number;
  readonly httpResets: number;
};

/** The hold before the first fault: what "as before" means. */
export type Baseline = {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly due: number;
  readonly ackP99Ms: number;
  /** An ack within this is as good as before: twice the p99 above, 100 ms at least. */
  readonly goodWithinMs: number;
  /** Why it is no base to compare with; `null` when the service was steady. */
  readonly unsteady: string | null;
};

/** One outlook on a month; assumptions of seed 001 beside what was measured. Never gates. */
export type Outlook = {
  readonly phase: string;
  readonly goalPct: number;
  /** Assumed time between two such failures. */
  readonly mtbfDays: number;
  readonly assumedMttrMin: number;
  /** MTBF / (MTBF + MTTR) with the assumed MTTR, and with the measured one. */
  readonly assumedPct: number;
  readonly measuredPct: number | null;
};

/** Availability of the run from the baseline on, in three ways, and what it costs of a month. */
export type Availability = {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Messages that were acked, of those due. */
  readonly ops: number;
  /** Slots of 100 ms in which 99 % of what fell due was acked as quickly as before. */
  readonly slots: number;
  /** 1 − client-seconds without service / (clients × time): away, or waiting over a second for an ack. */
  readonly clients: number;
  /** Of a 30-day month's budget of one client, by goal in percent. */
  readonly budget: readonly {
    readonly goalPct: number;
    readonly budgetSec: number;
    /** Share that this run's faults used, 0–1. */
    readonly used: number;
    /** How often a month may bring all of this; `null`: nothing was used. */
    readonly perMonth: number | null;
  }[];
  readonly outlooks: readonly Outlook[];
};

/** A message, and how long the last member waited for it. */
export type SlowMessage = {
  readonly id: string;
  readonly room: string;
  readonly dueMs: number;
  readonly ackedMs: number | null;
  /** The last of its deliveries, whatever way it came. */
  readonly lastMs: number;
  readonly waitMs: number;
  readonly fault: string | null;
};

/** How long messages of one second took from the ack to their last member. */
export type StabilityPoint = { readonly t: number; readonly p50: number; readonly max: number };

export type FaultImpact = {
  readonly faults: readonly FaultResult[];
  readonly baseline: Baseline;
  readonly availability: Availability;
  /** Ten messages at most, the slowest first. */
  readonly worstMessages: readonly SlowMessage[];
  readonly stability: readonly StabilityPoint[];
};
