/** The auditor's count of (message, recipient) pairs, from each user's events in time order. */
import { recordKind } from './history.ts';
import type { LedgerSummary } from './summary.ts';
import { roomsCountedAnew } from './recount-epochs.ts';
import type { Message, MessageAudit } from './recount-messages.ts';
import { stays } from './recount-stays.ts';
import type { Stay, UserEvent } from './recount-stays.ts';

/** A load worker that ended at a time; user u was of worker u modulo `of`. */
export type CutShort = { readonly worker: number; readonly of: number; readonly atUs: number };

export type PairCounts = Pick<
  LedgerSummary,
  | 'expected'
  | 'delivered'
  | 'lost'
  | 'late'
  | 'duplicated'
  | 'reordered'
  | 'dropped'
  | 'neverBack'
  | 'resynced'
>;

type Run = { readonly endUs: number; readonly partial: boolean };
export type WholeRun = Run & { readonly cutShort: readonly CutShort[] };

const onTimeUs = 10_000_000;
const marginUs = 1_000_000;

/** Every pair of the run. */
export function countPairs(
  { all: messages, numberedTwice }: Pick<MessageAudit, 'all' | 'numberedTwice'>,
  users: ReadonlyMap<number, readonly UserEvent[]>,
  whole: WholeRun,
  lost: (message: Message) => void = () => undefined,
): PairCounts {
  const counts = noPairs();
  const byRoom = Map.groupBy(messages, (message) => message.room);
  const countedAnew = roomsCountedAnew(users);
  for (const [user, events] of users) {
    const run = runOf(user, whole);
    const rooms = new Set(events.filter(isOfRoom).map((event) => event.room));
    for (const room of rooms) {
      const own = events.filter((event) => !isOfRoom(event) || event.room === room);
      for (const stay of stays(own, run.endUs)) {
        const hasOneLog = !countedAnew.has(room);
        const hasOneNumbering = hasOneLog && !numberedTwice.has(room);
        const about = { ...run, hasOneLog, hasOneNumbering };
        judgeStay(stay, byRoom.get(room) ?? [], about, counts, lost);
      }
    }
  }
  return counts;
}

/** What a user's worker saw of the run: less, where it was cut short. */
function runOf(user: number, { endUs, partial, cutShort }: WholeRun): Run {
  let run = { endUs, partial };
  for (const { worker, of, atUs } of cutShort) {
    if (user % of === worker) run = { endUs: Math.min(run.endUs, atUs), partial: true };
  }
  return run;
}

/** A disconnection is of all rooms; everything else names one. */
function isOfRoom(event: UserEvent): boolean {
  return event.kind !== recordKind.disconnected;
}

function judgeStay(
  stay: Stay,
  messages: readonly Message[],
  run: Run & { readonly hasOneLog: boolean; readonly hasOneNumbering: boolean },
  counts: PairCountsInTheMaking,
  lost: (message: Message) => void,
): void {
  const here = new Set<Message>();
  let awayUs: number | undefined;
  let backUs = -1;
  let resyncUs: number | undefined;
  /** The highest seq this member is known to have reached. */
  let reached = stay.head;
  let isOver = false;
  let connection = newConnection(stay.head);

  const sentUs = (message: Message): number => message.sentUs ?? -1;
  const isMine = (message: Message, seq: number): boolean => {
    if (isOver && sentUs(message) > stay.endUs) return false;
    const isNewerThanResync = resyncUs !== undefined && message.provenUs > resyncUs;
    return seq > stay.head || sentUs(message) > stay.joinedUs || isNewerThanResync;
  };
  /** It stood in a log that was gone when this stay began. */
  const isOfLogBefore = (message: Message): boolean =>
    !run.hasOneNumbering && stay.askedUs !== undefined && message.provenUs < stay.askedUs;
  const dueUs = (message: Message): number => message.dueUs ?? message.provenUs;
  const arrive = (message: Message, atUs: number): void => {
    here.add(message);
    counts.expected++;
    const isOnTime = awayUs !== undefined || atUs - Math.max(dueUs(message), backUs) <= onTimeUs;
    if (isOnTime) counts.delivered++;
    else counts.late++;
  };
  const isOwed = (message: Message, seq: number): boolean => {
    /** Else its seq is of another numbering than those that this member got. */
    const isComparable = resyncUs !== undefined || seq > stay.head;
    if (isComparable && seq <= reached) return true;
    if (stay.lastSent !== undefined) {
      const wasRefetched = resyncUs !== undefined && message.provenUs <= resyncUs;
      const sinceUs = stay.endUs - Math.max(message.provenUs, backUs);
      return wasRefetched || sinceUs >= onTimeUs || (isComparable && seq <= stay.lastSent);
    }
    const isSettled = Math.max(message.provenUs, resyncUs ?? -1) + marginUs <= stay.endUs;
    const isOverdue = Math.max(dueUs(message), backUs) + onTimeUs <= stay.endUs;
    return isSettled && (isOverdue || !run.partial);
  };
  const endConnection = (): void => {
    const { base, top, topUs, fresh } = connection;
    connection = newConnection(top);
    if (fresh === top - base) return;
    for (const message of messages) {
      const seq = message.seq ?? 0;
      const isOfEpoch = resyncUs === undefined || message.provenUs > resyncUs;
      // What stood in the log before the newest frame had left before that was read.
      const isSkipped = seq > base && seq < top && sentUs(message) <= topUs && !here.has(message);
      if (!isSkipped || !isOfEpoch || isOfLogBefore(message)) continue;
      if (isProven(message)) counts.dropped++;
    }
  };

  for (const { kind, code, value, atUs, message } of stay.events) {
    if (kind === recordKind.delivered && message !== undefined) {
      if (!isMine(message, value)) continue;
      if (here.has(message)) {
        counts.duplicated++;
        continue;
      }
      arrive(message, atUs);
      const isMisplaced = run.hasOneLog && value !== message.seq;
      if (value <= connection.last || isMisplaced) counts.reordered++;
      connection.last = Math.max(connection.last, value);
      if (value > connection.base) connection.fresh++;
      if (value > connection.top) {
        connection.top = value;
        connection.topUs = atUs;
      }
      reached = Math.max(reached, value);
    } else if (kind === recordKind.resynced && message !== undefined) {
      if (!isMine(message, value) || here.has(message)) continue;
      arrive(message, atUs);
      counts.resynced++;
    } else if (kind === recordKind.disconnected && code === 0) {
      endConnection();
      awayUs ??= atUs;
    } else if (kind === recordKind.resumed) {
      awayUs = undefined;
      backUs = atUs;
      if (code === 1) {
        resyncUs = atUs;
        reached = Math.min(reached, value);
        connection = newConnection(value);
      } else {
        const { last, top } = connection;
        connection = { ...newConnection(Math.max(value, top)), last };
      }
    } else if (kind === recordKind.renumbered) {
      endConnection();
      resyncUs = atUs;
      reached = Math.min(reached, value);
      connection = newConnection(value);
    } else if (kind === recordKind.joined) {
      endConnection();
      if (value < reached) resyncUs = atUs;
      awayUs = undefined;
      backUs = atUs;
      reached = value;
      connection = newConnection(value);
    }
  }

  isOver = true;
  for (const { message, value, atUs } of stay.after) {
    if (message === undefined || !isMine(message, value)) continue;
    if (here.has(message)) counts.duplicated++;
    else if (isOwed(message, value)) arrive(message, atUs);
    here.add(message);
  }
  endConnection();
  for (const message of messages) {
    if (here.has(message) || !isProven(message)) continue;
    const seq = message.seq ?? 0;
    if (!isMine(message, seq) || isOfLogBefore(message) || !isOwed(message, seq)) continue;
    counts.expected++;
    const bornUs = Math.max(dueUs(message), message.provenUs);
    const isAwayAtEnd = awayUs !== undefined && bornUs + onTimeUs > awayUs;
    const wasAway = seq > reached || sentUs(message) > (awayUs ?? Infinity);
    if (isAwayAtEnd && wasAway) counts.neverBack++;
    else {
      counts.lost++;
      lost(message);
    }
  }
}

type Connection = { base: number; top: number; topUs: number; last: number; fresh: number };

/** `last`: the highest seq read on it; `fresh`: new ones above `base`, up to `top`, read at `topUs`. */
function newConnection(base: number): Connection {
  return { base, top: base, topUs: -1, last: 0, fresh: 0 };
}

function isProven(message: Message): boolean {
  return message.acked || message.arrived;
}

type PairCountsInTheMaking = { -readonly [K in keyof PairCounts]: PairCounts[K] };

function noPairs(): PairCountsInTheMaking {
  return {
    expected: 0,
    delivered: 0,
    lost: 0,
    late: 0,
    duplicated: 0,
    reordered: 0,
    dropped: 0,
    neverBack: 0,
    resynced: 0,
  };
}
