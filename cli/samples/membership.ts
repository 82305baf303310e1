/**
 * One user's membership of one room, as pass 2 of the ledger follows it: which messages arrived, on
 * which connection, in which order, and, when it ends, which of those it was owed never came.
 *
 * The rules (source: the design's §6; each border is held by ledger.test.ts):
 * - A message is the member's when its seq is above the head acked at the join. After a resync, whose
 *   new epoch may count from a lower head, messages first seen after it are the member's too.
 * - A message that arrived is expected. One that did not is expected if it is known to exist (acked,
 *   or arrived anywhere) and was owed: a newer one of the room reached this member, or it had been
 *   known to exist for {@link leaveMarginUs} when the membership ended. What was in flight at a leave
 *   is neither expected nor wrong. In a run cut short it is owed only if its deadline has passed.
 * - It is on time within {@link deadlineUs} of its due time, or of the member's own resume.
 * - An involuntary disconnection does not end a membership; a leave does, and so does a disconnection
 *   that the user meant.
 * - A member that is away when the membership ends never came back: what it missed while away is
 *   `neverBack`; what it should have had before is `lost`.
 * - Order is judged within a connection. A message passed over on a connection and not delivered
 *   before that connection ended is `dropped`, even if a resume heals it later; delivered there, but
 *   after a newer one, it is `reordered`.
 */
import { flag } from './message-table.ts';
import type { MessageTable, RoomMessages } from './message-table.ts';
import type { ExceptionClass } from './summary.ts';

/** How long after its due time a delivery is on time. */
export const deadlineUs = 10_000_000;
/** How long a message must be known to exist before a member that leaves can miss it. */
export const leaveMarginUs = 1_000_000;

export type PairCounts = {
  expected: number;
  delivered: number;
  lost: number;
  late: number;
  duplicated: number;
  reordered: number;
  dropped: number;
  neverBack: number;
  resynced: number;
};

/** What all memberships of a run share. */
export type LedgerBook = {
  readonly table: MessageTable;
  readonly counts: PairCounts;
  readonly partial: boolean;
  report(name: ExceptionClass, message: number, seq: number, recipient: number, atUs: number): void;
};

/** Where one user stands in one room. Plain data: there may be hundreds of thousands. */
export type Membership = {
  readonly room: RoomMessages;
  readonly recipient: number;
  state: 'outside' | 'member' | 'left';
  /** One bit a message of the room, by ordinal. */
  arrivedBits: Uint32Array;
  joinSeq: number;
  endUs: number;
  /** Since when it is thrown off; -1 while it is connected. */
  awayFromUs: number;
  resumedUs: number;
  resyncedUs: number;
  /** The highest seq known to have reached it. */
  reachedSeq: number;
  /** The highest seq when the connection began, the highest by now, and how many between them came. */
  connectionBase: number;
  connectionTop: number;
  connectionCount: number;
  /** The highest seq read on this very connection; 0 before the first frame. */
  lastSeq: number;
  /** Frames read while not a member: they belong to the join that comes, or to the leave before. */
  outside: Frame[] | undefined;
};

type Frame = { readonly message: number; readonly seq: number; readonly atUs: number };

const never = -1;
const noBits = new Uint32Array(0);

/** A user's place in a room it has not joined yet. */
export function createMembership(room: RoomMessages, recipient: number): Membership {
  return {
    room,
    recipient,
    state: 'outside',
    arrivedBits: noBits,
    joinSeq: 0,
    endUs: 0,
    awayFromUs: never,
    resumedUs: never,
    resyncedUs: never,
    reachedSeq: 0,
    connectionBase: 0,
    connectionTop: 0,
    connectionCount: 0,
    lastSeq: 0,
    outside: undefined,
  };
}

/** The join was acked with this head. */
export function memberJoined(
  book: LedgerBook,
  member: Membership,
  head: number,
  atUs: number,
): void {
  if (member.state === 'member') {
    comeBackWithoutResume(book, member, head, atUs);
    return;
  }
  const frames = member.outside ?? [];
  if (member.state === 'left') {
    member.outside = frames.filter((frame) => frame.seq <= head);
    settle(book, member);
  }
  member.outside = undefined;
  member.state = 'member';
  member.joinSeq = head;
  member.awayFromUs = never;
  member.resumedUs = never;
  member.resyncedUs = never;
  member.reachedSeq = head;
  beginConnection(member, head);
  member.arrivedBits = new Uint32Array((member.room.list.length + 31) >>> 5);
  // A broadcast may overtake the join's own ack.
  for (const { message, seq, atUs: readUs } of frames) {
    if (seq > head) memberReceived(book, member, message, seq, readUs);
  }
}

/** The user left, or meant the disconnection. */
export function memberEnded(member: Membership, atUs: number): void {
  if (member.state !== 'member') return;
  member.state = 'left';
  member.endUs = atUs;
}

/** Thrown off. */
export function memberBroken(book: LedgerBook, member: Membership, atUs: number): void {
  if (member.state !== 'member') return;
  endConnection(book, member);
  if (member.awayFromUs === never) member.awayFromUs = atUs;
}

/** The replay is complete; with `resync`, the log did not reach back and a refetch follows. */
export function memberResumed(
  member: Membership,
  head: number,
  resync: boolean,
  atUs: number,
): void {
  if (member.state !== 'member') return;
  member.awayFromUs = never;
  member.resumedUs = atUs;
  if (resync) {
    member.resyncedUs = atUs;
    member.reachedSeq = Math.min(member.reachedSeq, head);
    beginConnection(member, head);
    return;
  }
  // What the replay left out was missed on a broken connection: lost if it never comes, not dropped.
  const { lastSeq } = member;
  beginConnection(member, Math.max(head, member.connectionTop));
  member.lastSeq = lastSeq;
}

/** A broadcast frame was read from the wire. */
export function memberReceived(
  book: LedgerBook,
  member: Membership,
  message: number,
  seq: number,
  atUs: number,
): void {
  if (member.state !== 'member') {
    (member.outside ??= []).push({ message, seq, atUs });
    return;
  }
  if (!isMine(book, member, message, seq)) return;
  if (hasArrived(book, member, message)) {
    count(book, member, 'duplicated', message, seq, atUs);
    return;
  }
  mark(book, member, message);
  countArrival(book, member, message, seq, atUs);
  // The log has one place for a message: an id under another seq is out of order too.
  const isElsewhere = seq !== book.table.seq[message];
  if (seq <= member.lastSeq || isElsewhere) count(book, member, 'reordered', message, seq, atUs);
  if (seq > member.lastSeq) member.lastSeq = seq;
  if (seq > member.connectionBase) member.connectionCount++;
  if (seq > member.connectionTop) member.connectionTop = seq;
  if (seq > member.reachedSeq) member.reachedSeq = seq;
}

/** A refetch brought the message. It overlaps with what is known; only the wire repeats itself. */
export function memberRefetched(
  book: LedgerBook,
  member: Membership,
  message: number,
  seq: number,
  atUs: number,
): void {
  if (member.state !== 'member' || !isMine(book, member, message, seq)) return;
  if (hasArrived(book, member, message)) return;
  mark(book, member, message);
  countArrival(book, member, message, seq, atUs);
  book.counts.resynced++;
}

/** The run is over: what is still owed is counted. */
export function closeMembership(book: LedgerBook, member: Membership, runEndUs: number): void {
  memberEnded(member, runEndUs);
  if (member.state === 'left') settle(book, member);
}

/** Joined again while still a member: what it missed in between is owed. */
function comeBackWithoutResume(
  book: LedgerBook,
  member: Membership,
  head: number,
  atUs: number,
): void {
  endConnection(book, member);
  if (head < member.reachedSeq) member.resyncedUs = atUs;
  member.awayFromUs = never;
  member.resumedUs = atUs;
  member.reachedSeq = head;
  beginConnection(member, head);
}

function beginConnection(member: Membership, base: number): void {
  member.connectionBase = base;
  member.connectionTop = base;
  member.connectionCount = 0;
  member.lastSeq = 0;
}

/** What the connection passed over and did not bring was dropped. */
function endConnection(book: LedgerBook, member: Membership): void {
  const { connectionBase, connectionTop, resyncedUs } = member;
  if (member.connectionCount !== connectionTop - connectionBase) {
    const { seq: seqs, seenUs } = book.table;
    for (const message of member.room.list) {
      const seq = seqs[message] ?? 0;
      if (seq <= connectionBase || seq >= connectionTop) continue;
      // A seq of the epoch before the resync is not of this connection.
      const isOld = resyncedUs !== never && (seenUs[message] ?? 0) <= resyncedUs;
      if (isOld || !exists(book, message) || hasArrived(book, member, message)) continue;
      count(book, member, 'dropped', message, seq, dueUs(book, message));
    }
  }
  beginConnection(member, connectionTop);
}

/** The membership is over: its last connection, and every message that did not arrive. */
function settle(book: LedgerBook, member: Membership): void {
  for (const frame of member.outside ?? []) takeAfterEnd(book, member, frame);
  member.outside = undefined;
  endConnection(book, member);
  const { list } = member.room;
  for (let word = 0; word < member.arrivedBits.length; word++) {
    if (member.arrivedBits[word] === 0xffffffff) continue;
    const end = Math.min((word + 1) * 32, list.length);
    for (let ordinal = word * 32; ordinal < end; ordinal++) {
      const message = list[ordinal] ?? 0;
      if (!hasArrived(book, member, message)) countMissing(book, member, message);
    }
  }
  member.state = 'outside';
}

/** In flight at the leave: it meets what was owed, and is nothing otherwise. */
function takeAfterEnd(book: LedgerBook, member: Membership, frame: Frame): void {
  const { message, seq, atUs } = frame;
  if (!isMine(book, member, message, seq)) return;
  if (hasArrived(book, member, message)) {
    count(book, member, 'duplicated', message, seq, atUs);
    return;
  }
  mark(book, member, message);
  if (isOwed(book, member, message, seq)) countArrival(book, member, message, seq, atUs);
}

function countMissing(book: LedgerBook, member: Membership, message: number): void {
  const seq = book.table.seq[message] ?? 0;
  if (!exists(book, message) || !isMine(book, member, message, seq)) return;
  if (!isOwed(book, member, message, seq)) return;
  book.counts.expected++;
  const due = dueUs(book, message);
  const missedWhileAway =
    member.awayFromUs !== never && seq > member.reachedSeq && due + deadlineUs > member.awayFromUs;
  count(book, member, missedWhileAway ? 'neverBack' : 'lost', message, seq, due);
}

function countArrival(
  book: LedgerBook,
  member: Membership,
  message: number,
  seq: number,
  atUs: number,
): void {
  book.counts.expected++;
  const isAway = member.awayFromUs !== never;
  const fromUs = Math.max(dueUs(book, message), member.resumedUs);
  if (isAway || atUs <= fromUs + deadlineUs) book.counts.delivered++;
  else count(book, member, 'late', message, seq, atUs);
}

function count(
  book: LedgerBook,
  member: Membership,
  name: 'late' | 'duplicated' | 'reordered' | 'dropped' | 'lost' | 'neverBack',
  message: number,
  seq: number,
  atUs: number,
): void {
  book.counts[name]++;
  book.report(name, message, seq, member.recipient, atUs);
}

function isMine(book: LedgerBook, member: Membership, message: number, seq: number): boolean {
  if (seq > member.joinSeq) return true;
  return member.resyncedUs !== never && (book.table.seenUs[message] ?? 0) > member.resyncedUs;
}

function exists(book: LedgerBook, message: number): boolean {
  return ((book.table.flags[message] ?? 0) & (flag.acked | flag.arrived)) !== 0;
}

function isOwed(book: LedgerBook, member: Membership, message: number, seq: number): boolean {
  if (seq <= member.reachedSeq) return true;
  const seenUs = Math.max(book.table.seenUs[message] ?? Infinity, member.resumedUs);
  if (seenUs + leaveMarginUs > member.endUs) return false;
  const fromUs = Math.max(dueUs(book, message), member.resumedUs);
  return !book.partial || fromUs + deadlineUs <= member.endUs;
}

/** Without its `sent` record (a file was cut), a message is due when it is first seen. */
function dueUs(book: LedgerBook, message: number): number {
  const due = book.table.dueUs[message] ?? Infinity;
  return due === Infinity ? (book.table.seenUs[message] ?? 0) : due;
}

function hasArrived(book: LedgerBook, member: Membership, message: number): boolean {
  const ordinal = book.table.ordinal[message] ?? 0;
  return (((member.arrivedBits[ordinal >>> 5] ?? 0) >>> (ordinal & 31)) & 1) === 1;
}

function mark(book: LedgerBook, member: Membership, message: number): void {
  const ordinal = book.table.ordinal[message] ?? 0;
  const word = ordinal >>> 5;
  member.arrivedBits[word] = (member.arrivedBits[word] ?? 0) | (1 << (ordinal & 31));
}
