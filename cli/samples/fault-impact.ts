/**
 * What faults did to users, from the history of a run and the faults' windows. One pass.
 *
 * A sign (a client thrown off or not let in, a send refused or never answered) belongs to the faults
 * that were there at its time, else to the one that ended last, at most 10 s before. `affected` are
 * the clients with such a sign; resume, down time and the split are of those that lost their
 * connection: client-outages.ts; who keeps it and waits is down as well: stalls.ts. Recovery: service-level.ts. Sources: the failure metrics of
 * docs/failover-test.md.
 */
import { ackWithinMs } from './ack-within.ts';
import { errorBudget, outlooks } from './availability.ts';
import { baselineOf } from './baseline.ts';
import { createClientOutages } from './client-outages.ts';
import type { Outage } from './client-outages.ts';
import { aftermathMs, faultLabel, faultOfLoss, faultsAt } from './fault-blame.ts';
import type { FaultImpact, FaultResult } from './fault-result.ts';
import type { FaultWindow } from './fault-window.ts';
import { errorCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { createHttpTimes } from './http-times.ts';
import type { HttpTimes } from './http-times.ts';
import type { LossFacts } from './ledger.ts';
import { ackP99, createMessageTimes, isBetween } from './message-times.ts';
import type { Messages } from './message-times.ts';
import { fourQuantiles } from './quantile.ts';
import { serviceLevel } from './service-level.ts';
import { slowMessages, stabilityOf } from './stability.ts';
import { stallsOf } from './stalls.ts';
import { unfeltReason } from './unfelt.ts';

export type ImpactOptions = {
  readonly runId: string;
  readonly durationMs: number;
  /** Ends of the stages and their targets: the hold before the first fault is the baseline. */
  readonly stages: readonly { readonly untilMs: number; readonly target: number }[];
  readonly windows: readonly FaultWindow[];
  /** As the ledger told them. */
  readonly losses: readonly LossFacts[];
  /** Users in at the peak. */
  readonly clients: number;
};

/** Feed every record to `note`, file by file, then `close`. */
export type ImpactReader = {
  note(record: HistoryRecord): void;
  close(): FaultImpact;
};

/** A reader at the start of a history. */
export function createFaultImpact(options: ImpactOptions): ImpactReader {
  const times = createMessageTimes();
  const clients = createClientOutages();
  const refusals: { user: number; atMs: number }[] = [];
  const requests = createHttpTimes();
  return {
    note(record) {
      times.note(record);
      const { kind, user, room, n, code, atUs } = record;
      const dueUs = kind === recordKind.acked ? times.dueUsOf(user, room, n) : Infinity;
      clients.note(record, dueUs);
      if (kind === recordKind.refused && code !== errorCode.rateLimited) {
        refusals.push({ user, atMs: atUs / 1000 });
      } else if (kind === recordKind.http) {
        requests.note(record);
      }
    },
    close: () => impactOf(options, times.all, clients.outages, refusals, requests),
  };
}

type Sign = { readonly user: number; readonly atMs: number };

function impactOf(
  options: ImpactOptions,
  messages: Messages,
  outages: readonly Outage[],
  refusals: readonly Sign[],
  requests: HttpTimes,
): FaultImpact {
  const { windows } = options;
  const endMs = Math.min(options.durationMs, options.stages.at(-1)?.untilMs ?? options.durationMs);
  const firstAtMs = windows.reduce((first, one) => Math.min(first, one.atMs), endMs);
  const baseline = baselineOf(options.stages, firstAtMs, messages, outages);
  const level = serviceLevel(
    inTimeOf(messages, baseline.goodWithinMs),
    outages.map((one) => ({ fromMs: one.fromUs / 1000, untilMs: endOf(one, endMs) })),
    options.clients,
    endMs,
  );
  const unanswered = unansweredOf(messages);
  const outagesOf = Map.groupBy(outages, (one) => one.user);
  // Who was thrown off meanwhile did not wait on a living connection.
  const stalls = stallsOf(messages, endMs).filter(({ user, fromMs, untilMs }) =>
    (outagesOf.get(user) ?? []).every(
      (one) => one.fromUs / 1000 > untilMs || endOf(one, endMs) < fromMs,
    ),
  );
  const lost = lostBy(options);

  const faults = windows.map((window, index): FaultResult => {
    const { atMs, untilMs } = window;
    const isMine = (ms: number): boolean => faultsAt(windows, ms).includes(index);
    const mine = outages.filter((one) => isMine(one.fromUs / 1000));
    const byUser = Map.groupBy(mine, (one) => one.user);
    const failed = [
      ...refusals.filter((one) => isMine(one.atMs)),
      // It was due within the fault, and is known to have failed when its time was up.
      ...unanswered.filter((one) => isMine(one.atMs - ackWithinMs)),
    ];
    const signs = new Map<number, number>();
    for (const { user, atMs: signMs } of failed) {
      signs.set(user, Math.min(signs.get(user) ?? Infinity, signMs));
    }
    for (const [user, own] of byUser) {
      signs.set(user, Math.min(signs.get(user) ?? Infinity, (own[0]?.fromUs ?? 0) / 1000));
    }
    const lasts = [...byUser.values()].flatMap((own) => own.at(-1) ?? []);
    const back = lasts.filter((one) => one.resumedUs >= 0);
    const split = back.filter((one) => one.connectedUs >= 0 && one.dialUs >= 0);
    const backMs = back.map((one) => one.backUs / 1000 - atMs);
    const hung = stalls.filter((one) => isMine(one.shownMs));
    const stalledSec = sum(hung.map((one) => one.untilMs - Math.max(atMs, one.fromMs))) / 1000;
    const nextAtMs = windows.reduce(
      (next, one) => (one.atMs > atMs && one.atMs < next ? one.atMs : next),
      endMs,
    );
    const recoveredAt = level.recoveredAt(atMs, nextAtMs);
    // What comes after the next fault has begun is put down to that one.
    const toMs = Math.max(untilMs, Math.min(untilMs + aftermathMs, nextAtMs));
    const during = countBetween(messages, atMs, toMs);
    const within = countBetween(messages, atMs, untilMs);
    const http = requests.between(atMs, toMs);
    const detect = fourQuantiles([...signs.values()].map((ms) => Math.max(0, ms - atMs)));
    const facts = {
      affected: signs.size,
      stalled: new Set(hung.map((one) => one.user).filter((user) => !signs.has(user))).size,
      httpFailed: http.failed,
    };
    const unfelt = unfeltReason(window, facts);
    return {
      kind: window.kind,
      node: window.node,
      at: atMs,
      until: untilMs,
      bit: unfelt === null,
      affected: facts.affected,
      detectMs: detect.p50,
      resumeMs: fourQuantiles(backMs),
      neverResumed: lasts.length - back.length,
      lostAcked: lost[index]?.size ?? 0,
      downClientSeconds: sum(mine.map((one) => downMs(one, atMs, endMs))) / 1000 + stalledSec,
      recoveredAt,
      text: window.text,
      clientsOnNode: window.clientsOnNode,
      evidence: window.evidence,
      unfelt,
      detect,
      backoff: fourQuantiles(split.map((one) => (one.dialUs - one.fromUs) / 1000)),
      connect: fourQuantiles(split.map((one) => (one.connectedUs - one.dialUs) / 1000)),
      resume: fourQuantiles(split.map((one) => (one.backUs - one.connectedUs) / 1000)),
      firstBackMs: backMs.length === 0 ? null : backMs.reduce((a, b) => Math.min(a, b)),
      mttrMs: recoveredAt === null ? null : recoveredAt - atMs,
      watchedMs: Math.max(0, nextAtMs - atMs),
      stormPerSec: mostInASecond(split.map((one) => one.connectedUs / 1000)),
      stalled: facts.stalled,
      stalledClientSeconds: stalledSec,
      due: during.due,
      acked: during.acked,
      dueWithin: within.due,
      answeredWithin: within.answered,
      ackedWithin: within.acked,
      ackP99Ms: ackP99(messages, (one) => isBetween(one.dueUs, atMs, untilMs)),
      httpRequests: http.count,
      httpFailed: facts.httpFailed,
      httpFreshFailed: http.freshFailed,
      httpResets: http.resets,
    };
  });

  const fromMs = baseline.fromMs;
  const { due, answered } = countBetween(messages, fromMs, endMs);
  const slots = level.goodSlots(fromMs, endMs);
  const awayMs = sum(outages.map((one) => downOf(one, windows, endMs)));
  // Who hangs on a living connection is served no better than who has none.
  const hungMs = sum(stalls.map((one) => Math.max(0, one.untilMs - Math.max(fromMs, one.fromMs))));
  const downSec = (awayMs + hungMs) / 1000;
  const clientSec = (options.clients * Math.max(0, endMs - fromMs)) / 1000;
  const labelAt = (ms: number): string | null => {
    const window = windows[faultsAt(windows, ms)[0] ?? -1];
    return window === undefined ? null : faultLabel(window);
  };
  const recoveries = faults.flatMap((one) => (one.bit ? [one.mttrMs] : []));
  const seen = recoveries.filter((ms) => ms !== null);
  const isWhole = seen.length > 0 && seen.length === recoveries.length;
  return {
    faults,
    baseline,
    availability: {
      fromMs,
      untilMs: endMs,
      ops: share(answered, due),
      slots: share(slots.good, slots.of),
      clients: clientSec > 0 ? Math.max(0, 1 - downSec / clientSec) : 1,
      budget: errorBudget(options.clients > 0 ? downSec / options.clients : 0),
      // A mean of those that were seen to end would leave out the worst.
      outlooks: outlooks(isWhole ? sum(seen) / seen.length : null),
    },
    worstMessages: slowMessages(messages, options.runId, labelAt),
    stability: stabilityOf(messages),
  };
}

/** Sends that nobody answered, with the time that was known. */
function unansweredOf(messages: Messages): readonly Sign[] {
  const signs: Sign[] = [];
  for (const { sender, dueUs, ackedUs, refused } of messages) {
    if (ackedUs !== Infinity || refused || dueUs === Infinity) continue;
    signs.push({ user: sender, atMs: dueUs / 1000 + ackWithinMs });
  }
  return signs;
}

/** Messages that fell due in between and those of them that were acked; acks that came in between. */
function countBetween(
  messages: Messages,
  fromMs: number,
  toMs: number,
): { readonly due: number; readonly answered: number; readonly acked: number } {
  const counts = { due: 0, answered: 0, acked: 0 };
  for (const { dueUs, ackedUs } of messages) {
    if (isBetween(ackedUs, fromMs, toMs)) counts.acked++;
    if (!isBetween(dueUs, fromMs, toMs)) continue;
    counts.due++;
    if (ackedUs !== Infinity) counts.answered++;
  }
  return counts;
}

function* inTimeOf(
  messages: Messages,
  withinMs: number,
): Generator<{ dueMs: number; inTime: boolean }> {
  for (const { dueUs, ackedUs } of messages) {
    if (dueUs === Infinity) continue;
    yield { dueMs: dueUs / 1000, inTime: ackedUs - dueUs <= withinMs * 1000 };
  }
}

/** Ids of lost messages by fault. */
function lostBy({ windows, losses }: ImpactOptions): readonly ReadonlySet<string>[] {
  const lost = windows.map(() => new Set<string>());
  for (const { id, atMs, unstored } of losses) {
    lost[faultOfLoss(windows, atMs, unstored) ?? -1]?.add(id);
  }
  return lost;
}

/** When an outage was over; the end of the load when it never was. */
function endOf(outage: Outage, endMs: number): number {
  if (outage.resumedUs >= 0) return outage.backUs / 1000;
  return outage.gaveUpUs >= 0 ? Math.min(endMs, outage.gaveUpUs / 1000) : endMs;
}

/** A client is down from the last frame it got, since a silent host sends no farewell. */
function downMs(outage: Outage, sinceMs: number, endMs: number): number {
  const silentMs = outage.silentFromUs >= 0 ? outage.silentFromUs / 1000 : outage.fromUs / 1000;
  return Math.max(0, endOf(outage, endMs) - Math.max(sinceMs, silentMs));
}

function downOf(outage: Outage, windows: readonly FaultWindow[], endMs: number): number {
  const window = windows[faultsAt(windows, outage.fromUs / 1000)[0] ?? -1];
  return downMs(outage, window?.atMs ?? outage.fromUs / 1000, endMs);
}

function mostInASecond(timesMs: readonly number[]): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [to, ms] of sorted.entries()) {
    while ((sorted[from] ?? 0) <= ms - 1000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
