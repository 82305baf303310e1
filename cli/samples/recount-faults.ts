/**
 * The auditor's reading of what faults did to users: from the history, and from a report only when
 * each fault began and ended. It shares no code with fault-impact.ts and its parts. The rules are
 * those of docs/failover-test.md; simple before fast.
 */
import { httpGivenUpCode, httpResetCode, recordKind } from './history.ts';
import { absenceKinds, absencesOf } from './recount-absences.ts';
import type { Absence, ClientEvent } from './recount-absences.ts';
import type { Message } from './recount.ts';

/** What of a report the faults' figures are counted from. */
export type FaultedRun = {
  readonly durationMs: number;
  readonly faults: readonly {
    readonly kind: string;
    readonly node: string;
    readonly at: number;
    readonly until: number;
  }[];
  readonly stages: readonly { readonly durationMs: number; readonly target: number }[];
  /** Users in at the peak. */
  readonly clients: number;
};

/** Figures by name: of each fault as report.json names them, and of the whole run. */
export type FaultRecount = {
  readonly faults: readonly Readonly<Record<string, number>>[];
  readonly run: Readonly<Record<string, number>>;
};

type Raw = {
  readonly kind: number;
  readonly code: number;
  readonly user: number;
  readonly peer: number;
  readonly atUs: number;
};

/** A message that was acked and is gone: from the log, or for a member. */
export type Loss = { readonly message: Message; readonly unstored: boolean };

export type FaultAudit = {
  /** Every record; `message`: the one it is about, where it is about one. */
  note(record: Raw, message: Message | undefined): void;
  close(messages: readonly Message[], losses: readonly Loss[]): FaultRecount;
};

const aftermathMs = 10_000;
const ackWithinMs = 10_000;
const rateLimited = 9;
const stallMs = 1000;
const slotMs = 100;
const redisDeaths = ['kill', 'term', 'restart', 'power-loss'];

/** An audit of a run with faults, before its first record. */
export function auditFaults(run: FaultedRun): FaultAudit {
  const clients = new Map<number, ClientEvent[]>();
  const refusals: { user: number; ms: number }[] = [];
  const requests: { ms: number; code: number; isFresh: boolean }[] = [];
  return {
    note({ kind, code, user, peer, atUs }, message) {
      if (absenceKinds.has(kind)) {
        const events = clients.get(user) ?? [];
        clients.set(user, events);
        events.push({ kind, code, atUs, message });
      } else if (kind === recordKind.refused && code !== rateLimited) {
        refusals.push({ user, ms: atUs / 1000 });
      } else if (kind === recordKind.http) {
        requests.push({ ms: atUs / 1000, code, isFresh: peer === 1 });
      }
    },
    close(messages, losses) {
      const absences = [...clients].flatMap(([user, events]) => absencesOf(user, events));
      return count(run, { messages, losses, absences, refusals, requests });
    },
  };
}

type Seen = {
  readonly messages: readonly Message[];
  readonly losses: readonly Loss[];
  readonly absences: readonly Absence[];
  readonly refusals: readonly { readonly user: number; readonly ms: number }[];
  readonly requests: readonly {
    readonly ms: number;
    readonly code: number;
    readonly isFresh: boolean;
  }[];
};

function count(run: FaultedRun, seen: Seen): FaultRecount {
  const { faults } = run;
  const stageEnds = run.stages.map((_, i) =>
    run.stages.slice(0, i + 1).reduce((sum, { durationMs }) => sum + durationMs, 0),
  );
  const endMs = Math.min(run.durationMs, stageEnds.at(-1) ?? run.durationMs);
  const sent = seen.messages.filter(hasDue);
  const firstMs = Math.min(endMs, ...faults.map(({ at }) => at));
  const base = baseline(run, stageEnds, firstMs, sent);
  const level = slots(sent, seen.absences, base.goodWithinMs, endMs);
  const stalls = stallsOf(sent, seen.absences, endMs);

  const figures = faults.map((fault, index) => {
    const { at, until } = fault;
    const isMine = (ms: number): boolean => blamed(faults, ms).includes(index);
    const mine = seen.absences.filter(({ fromUs }) => isMine(fromUs / 1000));
    const signs = [
      ...seen.refusals.filter(({ ms }) => isMine(ms)),
      ...sent
        .filter((one) => !one.acked && !one.refused && isMine(one.dueUs / 1000))
        .map((one) => ({ user: one.sender, ms: one.dueUs / 1000 + ackWithinMs })),
      ...mine.map(({ user, fromUs }) => ({ user, ms: fromUs / 1000 })),
    ];
    const detected = [...Map.groupBy(signs, ({ user }) => user).values()].map((own) =>
      Math.max(0, Math.min(...own.map(({ ms }) => ms)) - at),
    );
    const affected = new Set(signs.map(({ user }) => user));
    const lasts = [...Map.groupBy(mine, ({ user }) => user).values()].flatMap(
      (own) => own.at(-1) ?? [],
    );
    const back = lasts.filter(isBack);
    const whole = back.filter(isWhole);
    const nextMs = Math.min(endMs, ...faults.map((one) => one.at).filter((ms) => ms > at));
    const toMs = Math.max(until, Math.min(until + aftermathMs, nextMs));
    const isDuring = (us: number): boolean => us >= at * 1000 && us <= toMs * 1000;
    const http = seen.requests.filter(({ ms }) => ms >= at && ms <= toMs);
    const failed = http.filter(({ code }) => [0, 5, httpResetCode, httpGivenUpCode].includes(code));
    const hung = stalls.filter(({ fromMs, untilMs }) =>
      isMine(Math.min(fromMs + stallMs, untilMs)),
    );
    const hungSec = sum(hung.map(({ fromMs, untilMs }) => untilMs - Math.max(at, fromMs))) / 1000;
    const isThere = (us: number): boolean => us >= at * 1000 && us <= until * 1000;
    const inFault = sent.filter(({ dueUs }) => isThere(dueUs));
    const recoveredAt = recovered(level, run.clients, at, nextMs);
    const lost = seen.losses.filter((loss) => blamedForLoss(faults, loss) === index);
    return {
      affected: affected.size,
      ...named('detect', detected),
      ...named(
        'resumeMs',
        back.map(({ backUs }) => backUs / 1000 - at),
      ),
      ...named(
        'backoff',
        whole.map(({ fromUs, dialUs }) => (dialUs - fromUs) / 1000),
      ),
      ...named(
        'connect',
        whole.map(({ dialUs, connectedUs }) => (connectedUs - dialUs) / 1000),
      ),
      ...named(
        'resume',
        whole.map(({ connectedUs, backUs }) => (backUs - connectedUs) / 1000),
      ),
      neverResumed: lasts.length - back.length,
      lostAcked: new Set(lost.map(({ message }) => message)).size,
      downClientSeconds: sum(mine.map((one) => downMs(one, at, endMs))) / 1000 + hungSec,
      mttrMs: recoveredAt - at,
      stormPerSec: storm(whole.map(({ connectedUs }) => connectedUs)),
      stalled: new Set(hung.map(({ user }) => user).filter((user) => !affected.has(user))).size,
      stalledClientSeconds: hungSec,
      due: sent.filter(({ dueUs }) => isDuring(dueUs)).length,
      acked: seen.messages.filter(({ ackedUs }) => isDuring(ackedUs)).length,
      dueWithin: inFault.length,
      answeredWithin: inFault.filter(({ acked }) => acked).length,
      ackedWithin: seen.messages.filter(({ ackedUs }) => isThere(ackedUs)).length,
      ackP99Ms: nearestRank(ackWaits(inFault), 0.99),
      httpRequests: http.length,
      httpFailed: failed.length,
      httpFreshFailed: failed.filter(({ isFresh }) => isFresh).length,
      httpResets: failed.filter(({ code }) => code === httpResetCode).length,
    };
  });

  const due = sent.filter(({ dueUs }) => dueUs >= base.fromMs * 1000 && dueUs <= endMs * 1000);
  const awayMs = sum(
    seen.absences.map((one) => {
      const fault = faults[blamed(faults, one.fromUs / 1000)[0] ?? -1];
      return downMs(one, fault?.at ?? one.fromUs / 1000, endMs);
    }),
  );
  const hungMs = sum(
    stalls.map(({ fromMs, untilMs }) => Math.max(0, untilMs - Math.max(base.fromMs, fromMs))),
  );
  const downSec = (awayMs + hungMs) / 1000;
  const clientSec = (run.clients * Math.max(0, endMs - base.fromMs)) / 1000;
  return {
    faults: figures,
    run: {
      'baseline due': base.due,
      'baseline ackP99Ms': base.ackP99Ms,
      'availability ops': due.length === 0 ? 1 : due.filter((m) => m.acked).length / due.length,
      'availability slots': goodShare(level, base.fromMs, endMs),
      'availability clients': clientSec > 0 ? Math.max(0, 1 - downSec / clientSec) : 1,
    },
  };
}

type Sent = Message & { readonly dueUs: number };

function hasDue(message: Message): message is Sent {
  return message.dueUs !== undefined;
}

/** Faults that were there at a time; else the one that ended last before, within the aftermath. */
function blamed(faults: FaultedRun['faults'], ms: number): readonly number[] {
  const there = [...faults.keys()].filter((i) => {
    const fault = faults[i];
    return fault !== undefined && fault.at <= ms && ms <= fault.until;
  });
  if (there.length > 0) return there;
  const sinceEnd = faults.map(({ until }) => ms - until);
  const recent = sinceEnd.filter((since) => since >= 0 && since <= aftermathMs);
  return recent.length === 0 ? [] : [sinceEnd.indexOf(Math.min(...recent))];
}

/** What was in the log and is gone from it was taken by the next death of Redis. */
function blamedForLoss(faults: FaultedRun['faults'], { message, unstored }: Loss): number {
  const ms = message.provenUs / 1000;
  const death = faults.findIndex(
    ({ node, kind, until }) => node === 'redis' && redisDeaths.includes(kind) && ms <= until,
  );
  if (unstored && death >= 0) return death;
  return blamed(faults, ms)[0] ?? -1;
}

type Back = Absence & { readonly backUs: number };
type Whole = Back & { readonly dialUs: number; readonly connectedUs: number };

function isBack(one: Absence): one is Back {
  return one.backUs !== undefined;
}

function isWhole(one: Back): one is Whole {
  return one.dialUs !== undefined && one.connectedUs !== undefined;
}

function endOf({ backUs, gaveUpUs }: Absence, endMs: number): number {
  if (backUs !== undefined) return backUs / 1000;
  return Math.min(endMs, (gaveUpUs ?? Infinity) / 1000);
}

function downMs(one: Absence, sinceMs: number, endMs: number): number {
  return Math.max(0, endOf(one, endMs) - Math.max(sinceMs, one.silentUs / 1000));
}

/** The hold before the first fault, from a second after its start; its last 100 ms are the fault's. */
function baseline(
  { stages }: FaultedRun,
  stageEnds: readonly number[],
  firstMs: number,
  sent: readonly Sent[],
) {
  const at = stageEnds.findIndex((ms) => firstMs <= ms);
  const isHold = at > 0 && stages[at]?.target === stages[at - 1]?.target;
  const fromMs = isHold ? Math.min(firstMs, (stageEnds[at - 1] ?? 0) + 1000) : firstMs;
  const due = sent.filter(
    ({ dueUs }) =>
      dueUs >= fromMs * 1000 && dueUs < (firstMs - 100) * 1000 && dueUs <= firstMs * 1000,
  );
  const ackP99Ms = nearestRank(ackWaits(due), 0.99);
  return { fromMs, due: due.length, ackP99Ms, goodWithinMs: Math.max(100, 2 * ackP99Ms) };
}

/**
 * Waits of over a second; a user's next wait counts from the end of the one before. What was neither
 * acked nor refused was waited for as long as an ack is.
 */
function stallsOf(sent: readonly Sent[], absences: readonly Absence[], endMs: number) {
  const away = Map.groupBy(absences, ({ user }) => user);
  const waits = sent.filter(({ acked, refused }) => acked || !refused);
  return [...Map.groupBy(waits, ({ sender }) => sender)].flatMap(([user, own]) => {
    const found: { user: number; fromMs: number; untilMs: number }[] = [];
    let lastMs = 0;
    for (const { dueUs, acked, ackedUs } of own.toSorted((a, b) => a.dueUs - b.dueUs)) {
      const fromMs = Math.max(dueUs / 1000, lastMs);
      const untilMs = Math.min(acked ? ackedUs / 1000 : dueUs / 1000 + ackWithinMs, endMs);
      lastMs = Math.max(lastMs, untilMs);
      const wasThere = (away.get(user) ?? []).every(
        (one) => one.fromUs / 1000 > untilMs || endOf(one, endMs) < fromMs,
      );
      const waitedMs = untilMs - (acked ? fromMs : dueUs / 1000);
      if (waitedMs > stallMs && untilMs > fromMs && wasThere) found.push({ user, fromMs, untilMs });
    }
    return found;
  });
}

/** 100 ms of the run: what fell due, what of it was acked as quickly as before, who was away. */
type Slot = { due: number; good: number; away: number };

function slots(
  sent: readonly Sent[],
  absences: readonly Absence[],
  goodWithinMs: number,
  endMs: number,
): readonly Slot[] {
  const all = Array.from({ length: Math.max(1, Math.ceil(endMs / slotMs)) }, () => ({
    due: 0,
    good: 0,
    away: 0,
  }));
  for (const { dueUs, ackedUs } of sent) {
    const slot = all[Math.floor(dueUs / 1000 / slotMs)];
    if (slot === undefined) continue;
    slot.due++;
    if (ackedUs - dueUs <= goodWithinMs * 1000) slot.good++;
  }
  for (const one of absences) {
    const from = Math.floor(one.fromUs / 1000 / slotMs);
    const to = Math.max(from, Math.floor(endOf(one, endMs) / slotMs) + 1);
    for (const slot of all.slice(from, to)) slot.away++;
  }
  return all;
}

function isGood(part: readonly Slot[]): boolean {
  return sum(part.map(({ good }) => good)) >= 0.99 * sum(part.map(({ due }) => due));
}

/** The first moment from which all is as before, for 10 s or to `untilMs`; infinite: none was seen. */
function recovered(level: readonly Slot[], clients: number, atMs: number, untilMs: number): number {
  const first = Math.floor(atMs / slotMs);
  const end = Math.min(level.length, Math.floor(untilMs / slotMs));
  for (let slot = first; slot + 10 <= end; slot++) {
    const ahead = level.slice(slot, Math.min(end, slot + 100));
    if (ahead.some(({ away }) => away > Math.floor(0.01 * clients))) continue;
    if (!isGood(ahead) || !isGood(ahead.slice(0, 10)) || !isGood(ahead.slice(0, 1))) continue;
    return slot === first ? atMs : slot * slotMs;
  }
  return Infinity;
}

function goodShare(level: readonly Slot[], fromMs: number, untilMs: number): number {
  const part = level
    .slice(Math.floor(fromMs / slotMs), Math.floor(untilMs / slotMs))
    .filter(({ due }) => due > 0);
  return part.length === 0 ? 1 : part.filter((slot) => isGood([slot])).length / part.length;
}

/** The most in any one second. */
function storm(timesUs: readonly number[]): number {
  const second: number[] = [];
  let most = 0;
  for (const us of timesUs.toSorted((a, b) => a - b)) {
    while (second.length > 0 && (second[0] ?? 0) <= us - 1_000_000) second.shift();
    most = Math.max(most, second.push(us));
  }
  return most;
}

function ackWaits(messages: readonly Sent[]): readonly number[] {
  return messages.filter(({ acked }) => acked).map((one) => (one.ackedUs - one.dueUs) / 1000);
}

function named(name: string, values: readonly number[]): Record<string, number> {
  return {
    [`${name} p50`]: nearestRank(values, 0.5),
    [`${name} p95`]: nearestRank(values, 0.95),
    [`${name} p99`]: nearestRank(values, 0.99),
    [`${name} max`]: nearestRank(values, 1),
  };
}

function nearestRank(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
