/**
 * The auditor's reading of what faults did to users: from the history, and from a report only when
 * each fault began and ended. It shares no code with fault-impact.ts and its parts. The rules are
 * those of docs/failover-test.md; simple before fast.
 */
import { recordKind } from './history.ts';
import { auditAbsences } from './recount-absences.ts';
import type { Absence } from './recount-absences.ts';
import {
  aftermathMs,
  countOf,
  downMs,
  figuresOf,
  nearestRank,
  noteMessage,
  noteRequest,
  sum,
} from './recount-fault-count.ts';
import type { Message } from './recount-messages.ts';
import type { RawRecord } from './recount-records.ts';
import { alwaysGoodMs, auditService } from './recount-service.ts';
import { hangShowsMs, hangsOf } from './recount-stalls.ts';
import type { Hang } from './recount-stalls.ts';

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

/** A message that was acked and is gone: from the log, or for a member. */
export type Loss = { readonly message: Message; readonly unstored: boolean };

export type FaultAudit = {
  /** Every record, each file in order. */
  note(record: RawRecord): void;
  /** After that: the messages of some rooms, and which of them are lost. Each message once. */
  add(messages: readonly Message[], losses: readonly Loss[]): void;
  close(): FaultRecount;
};

const ackWithinMs = 10_000;
const rateLimited = 9;
const redisDeaths = ['kill', 'term', 'restart', 'power-loss'];

/** An audit of a run with faults, before its first record. */
export function auditFaults(run: FaultedRun): FaultAudit {
  const { faults } = run;
  const span = spanOf(run);
  const counts = faults.map((fault) => countOf(fault, faults, span.endMs));
  const absent = auditAbsences();
  const service = auditService(span.endMs);
  const base = { due: 0, waitsMs: [] as number[] };
  const since = { due: 0, acked: 0 };
  const hangs: Hang[] = [];
  let absences: readonly Absence[] | undefined;

  /** A sign of trouble at `ms`, of the faults that were there at `sinceMs`. */
  const sign = (user: number, ms: number, sinceMs = ms): void => {
    for (const index of blamed(faults, sinceMs)) {
      const signs = counts[index]?.signs;
      signs?.set(user, Math.min(ms, signs.get(user) ?? Infinity));
    }
  };

  const addSent = (message: Sent): void => {
    const { sender, dueUs, acked, ackedUs, refused } = message;
    const waitMs = (ackedUs - dueUs) / 1000;
    if (!acked && !refused) sign(sender, dueUs / 1000 + ackWithinMs, dueUs / 1000);
    if (isBaseline(dueUs, span)) {
      base.due++;
      if (acked) base.waitsMs.push(waitMs);
    }
    if (dueUs >= span.fromMs * 1000 && dueUs <= span.endMs * 1000) {
      since.due++;
      if (acked) since.acked++;
    }
    service.note(message);
  };

  return {
    note(r) {
      absent.note(r);
      const ms = r.atUs / 1000;
      if (r.kind === recordKind.refused && r.code !== rateLimited) sign(r.user, ms);
      if (r.kind !== recordKind.http) return;
      for (const count of counts) noteRequest(count, r);
    },
    add(messages, losses) {
      absences ??= absent.close();
      const sent = messages.filter(hasDue);
      for (const message of sent) addSent(message);
      for (const count of counts) for (const message of messages) noteMessage(count, message);
      for (const hang of hangsOf(sent, absences, ackWithinMs, span.endMs)) hangs.push(hang);
      const lost = counts.map(() => new Set<Message>());
      for (const loss of losses) lost[blamedForLoss(faults, loss)]?.add(loss.message);
      for (const [i, { seen }] of counts.entries()) seen.lostAcked += lost[i]?.size ?? 0;
    },
    close() {
      const away = absences ?? absent.close();
      for (const { user, fromUs } of away) sign(user, fromUs / 1000);
      const ackP99Ms = nearestRank(base.waitsMs, 0.99);
      const goodWithinMs = Math.max(alwaysGoodMs, 2 * ackP99Ms);
      const level = service.close(away, goodWithinMs);
      const downSec = downSeconds(faults, away, hangs, span);
      const clientSec = (run.clients * Math.max(0, span.endMs - span.fromMs)) / 1000;
      return {
        faults: counts.map((count, index) => {
          const isMine = (ms: number): boolean => blamed(faults, ms).includes(index);
          const recoveredAt = level.recovered(run.clients, count.at, count.nextMs);
          return {
            ...figuresOf(
              count,
              away.filter(({ fromUs }) => isMine(fromUs / 1000)),
              hangs.filter((one) => isMine(Math.min(one.fromMs + hangShowsMs, one.untilMs))),
              span.endMs,
            ),
            recoveredAt,
            mttrMs: recoveredAt - count.at,
          };
        }),
        run: {
          'baseline fromMs': span.fromMs,
          'baseline due': base.due,
          'baseline ackP99Ms': ackP99Ms,
          'baseline goodWithinMs': goodWithinMs,
          'availability ops': since.due === 0 ? 1 : since.acked / since.due,
          'availability slots': level.goodShare(span.fromMs, span.endMs),
          'availability clients': clientSec > 0 ? Math.max(0, 1 - downSec / clientSec) : 1,
        },
      };
    },
  };
}

type Sent = Message & { readonly dueUs: number };

function hasDue(message: Message): message is Sent {
  return message.dueUs !== undefined;
}

/** What is looked at: from the steady state before the first fault to the end of the load. */
type Span = { readonly fromMs: number; readonly firstMs: number; readonly endMs: number };

/** The hold before the first fault is the baseline, from a second after its start. */
function spanOf({ durationMs, stages, faults }: FaultedRun): Span {
  const stageEnds = stages.map((_, i) =>
    sum(stages.slice(0, i + 1).map((stage) => stage.durationMs)),
  );
  const endMs = Math.min(durationMs, stageEnds.at(-1) ?? durationMs);
  const firstMs = Math.min(endMs, ...faults.map(({ at }) => at));
  const at = stageEnds.findIndex((ms) => firstMs <= ms);
  const isHold = at > 0 && stages[at]?.target === stages[at - 1]?.target;
  const fromMs = isHold ? Math.min(firstMs, (stageEnds[at - 1] ?? 0) + 1000) : firstMs;
  return { fromMs, firstMs, endMs };
}

/** The last 100 ms before a fault are the fault's. */
function isBaseline(dueUs: number, { fromMs, firstMs }: Span): boolean {
  return dueUs >= fromMs * 1000 && dueUs < (firstMs - 100) * 1000;
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

/** Of all clients: away, or hanging on a living connection. */
function downSeconds(
  faults: FaultedRun['faults'],
  absences: readonly Absence[],
  hangs: readonly Hang[],
  { fromMs, endMs }: Span,
): number {
  const awayMs = absences.map((one) => {
    const fault = faults[blamed(faults, one.fromUs / 1000)[0] ?? -1];
    return downMs(one, fault?.at ?? one.fromUs / 1000, endMs);
  });
  const hungMs = hangs.map((one) => Math.max(0, one.untilMs - Math.max(fromMs, one.fromMs)));
  return (sum(awayMs) + sum(hungMs)) / 1000;
}
