/** The auditor's count of (message, recipient) pairs, from each user's events in time order. */
import { recordKind } from './history.ts';
import type { LedgerSummary } from './summary.ts';
import type { Message } from './recount-messages.ts';

/** A load worker that ended at a time; user u was of worker u modulo `of`. */
export type CutShort = { readonly worker: number; readonly of: number; readonly atUs: number };

/** One record of a user, as far as its memberships are concerned. */
export type UserEvent = {
  readonly kind: number;
  readonly code: number;
  readonly room: number;
  readonly atUs: number;
  readonly value: number;
  readonly message: Message | undefined;
};

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
  messages: readonly Message[],
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
        judgeStay(stay, byRoom.get(room) ?? [], { ...run, hasOneLog }, counts, lost);
      }
    }
  }
  return counts;
}

/** Rooms whose log may have been another one, later, in which an id has another seq. */
function roomsCountedAnew(users: ReadonlyMap<number, readonly UserEvent[]>): ReadonlySet<number> {
  const rooms = new Set<number>();
  for (const events of users.values()) {
    for (const { kind, code, room } of events) {
      const isResync = kind === recordKind.resumed && code === 1;
      if (isResync || kind === recordKind.renumbered) rooms.add(room);
    }
  }
  return rooms;
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

/** One membership: the join's head, what happened in it, what still came after its end. */
type Stay = {
  readonly head: number;
  readonly joinedUs: number;
  readonly events: UserEvent[];
  readonly after: UserEvent[];
  endUs: number;
  /** The last seq the server had sent, where it said so when the stay ended. */
  lastSent: number | undefined;
};

function stays(events: readonly UserEvent[], runEndUs: number): Stay[] {
  const found: Stay[] = [];
  let current: Stay | undefined;
  /** Frames read since the last stay ended. */
  let between: UserEvent[] = [];
  for (const event of events) {
    const isEnd =
      event.kind === recordKind.left ||
      (event.kind === recordKind.disconnected && event.code === 1);
    if (current !== undefined) {
      current.events.push(event);
      if (!isEnd) continue;
      current.endUs = event.atUs;
      if (event.kind === recordKind.left && event.code === 1) current.lastSent = event.value;
      current = undefined;
    } else if (event.kind === recordKind.joined) {
      // A frame may overtake the ack of the join; one at or below its head is of the stay before.
      found.at(-1)?.after.push(...between.filter((frame) => frame.value <= event.value));
      const early = between.filter((frame) => frame.value > event.value);
      current = {
        head: event.value,
        joinedUs: event.atUs,
        events: early,
        after: [],
        endUs: runEndUs,
        lastSent: undefined,
      };
      found.push(current);
      between = [];
    } else if (event.kind === recordKind.delivered) between.push(event);
  }
  if (current === undefined) found.at(-1)?.after.push(...between);
  return found;
}

function judgeStay(
  stay: Stay,
  messages: readonly Message[],
  run: Run & { readonly hasOneLog: boolean },
  counts: PairCountsInTheMaking,
  lost: (message: Message) => void,
): void {
  const here = new Set<Message>();
  let awayUs: number | undefined;
  let backUs = -1;
  let resyncUs: number | undefined;
  /** The highest seq this member is known to have reached. */
  let reached = stay.head;
  let connection = newConnection(stay.head);

  const isMine = (message: Message, seq: number): boolean =>
    seq > stay.head ||
    (message.sentUs ?? -1) > stay.joinedUs ||
    (resyncUs !== undefined && message.provenUs > resyncUs);
  const dueUs = (message: Message): number => message.dueUs ?? message.provenUs;
  const arrive = (message: Message, atUs: number): void => {
    here.add(message);
    counts.expected++;
    const isOnTime = awayUs !== undefined || atUs - Math.max(dueUs(message), backUs) <= onTimeUs;
    if (isOnTime) counts.delivered++;
    else counts.late++;
  };
  const isOwed = (message: Message, seq: number): boolean => {
    if (seq <= reached) return true;
    if (stay.lastSent !== undefined) {
      const wasRefetched = resyncUs !== undefined && message.provenUs <= resyncUs;
      const sinceUs = stay.endUs - Math.max(message.provenUs, backUs);
      return wasRefetched || sinceUs >= onTimeUs || seq <= stay.lastSent;
    }
    const isSettled = Math.max(message.provenUs, resyncUs ?? -1) + marginUs <= stay.endUs;
    const isOverdue = Math.max(dueUs(message), backUs) + onTimeUs <= stay.endUs;
    return isSettled && (isOverdue || !run.partial);
  };
  const endConnection = (): void => {
    const { base, top, fresh } = connection;
    connection = newConnection(top);
    if (fresh === top - base) return;
    for (const message of messages) {
      const seq = message.seq ?? 0;
      const isOfEpoch = resyncUs === undefined || message.provenUs > resyncUs;
      const isSkipped = seq > base && seq < top && !here.has(message);
      if (isSkipped && isOfEpoch && isProven(message)) counts.dropped++;
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
      connection.top = Math.max(connection.top, value);
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
    if (!isMine(message, seq) || !isOwed(message, seq)) continue;
    counts.expected++;
    const bornUs = Math.max(dueUs(message), message.provenUs);
    const isAwayAtEnd = awayUs !== undefined && bornUs + onTimeUs > awayUs;
    if (isAwayAtEnd && seq > reached) counts.neverBack++;
    else {
      counts.lost++;
      lost(message);
    }
  }
}

/** `last`: the highest seq read on it; `fresh`: new ones above `base`, up to `top`. */
function newConnection(base: number): { base: number; top: number; last: number; fresh: number } {
  return { base, top: base, last: 0, fresh: 0 };
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
