/**
 * One user's membership of one room, and what it is owed.
 *
 * The rules (source: the design's §6; each border is held by ledger.test.ts):
 * - A message is the member's when its seq is above the head acked at the join, or it left its sender
 *   after that ack: below that head it can only stand in the log of a later epoch. After a resync,
 *   messages first seen after it are the member's too. What left its sender after the membership ended
 *   is not, nor what never came and was seen before the join was asked for, if the room was counted anew:
 *   seqs of another epoch, above the head by chance.
 * - A member that is told of a new epoch on its unbroken connection is owed all of that epoch, from seq
 *   1 on: what its node passed over before it told of it, it refetches where its client does that, and
 *   else it has lost it. Its own deadline does not begin anew: it was there all the time.
 * - A message that arrived is expected. One that did not is expected if it is known to exist (acked,
 *   or arrived anywhere) and was owed when the membership ended. A newer one of the room had reached
 *   this member in the same epoch: owed. Else, where the server acked the leave with the seq it had shown (an exact
 *   leave): owed up to that seq, and above it only what was overdue, that is known to exist for
 *   {@link deadlineUs}: a node that is deaf to its room must not pass for one that is honest. Before a
 *   resync seqs are of another epoch, and the refetch was complete before the leave: owed. Where the
 *   server did not say: owed if it had been known to exist for {@link leaveMarginUs} (and a resync
 *   was that long ago), in a run cut short only if its deadline had passed. So with the users of a load
 *   worker that was cut short: nothing is known of them after its last record. What was in flight at a
 *   leave is neither expected nor wrong.
 * - It is on time within {@link deadlineUs} of its due time, or of the member's own resume.
 * - An involuntary disconnection does not end a membership; a leave does, and so does a disconnection
 *   that the user meant.
 * - A member that is away when the membership ends never came back: what it missed while away is
 *   `neverBack`; what it should have had before is `lost`: what was due, and existed, a whole deadline
 *   before it was thrown off.
 * - Order is judged within a connection. A message passed over on a connection and not delivered
 *   before that connection ended is `dropped`, unless it left after the newer one had come (then it is of
 *   a later epoch), even if a resume heals it later; delivered there, but
 *   after a newer one, it is `reordered`.
 */
import { flag } from './message-table.ts';
import type { MessageTable, RoomMessages } from './message-table.ts';
import type { ExceptionClass } from './summary.ts';

/** How long after its due time a delivery is on time. */
export const deadlineUs = 10_000_000;
/** How long a message must be known to exist before a member whose leave is not exact can miss it. */
const leaveMarginUs = 1_000_000;

type PairCounts = {
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
  report(name: ExceptionClass, message: number, seq: number, recipient: number, atUs: number): void;
};

/** Where one user stands in one room. Plain data: there may be hundreds of thousands. */
export type Membership = {
  readonly room: RoomMessages;
  readonly recipient: number;
  /** The run, or the worker of this user, was cut short. */
  readonly partial: boolean;
  state: 'outside' | 'member' | 'left';
  /** One bit a message of the room, by ordinal. */
  arrivedBits: Uint32Array;
  joinSeq: number;
  /** When the join was acked. */
  joinedUs: number;
  /** When the join was asked for; {@link never} where nobody knows. */
  askedUs: number;
  endUs: number;
  /** Where an exact leave ended it; {@link never} when the server did not say. */
  leftSeq: number;
  /** Since when it is thrown off; -1 while it is connected. */
  awayFromUs: number;
  resumedUs: number;
  resyncedUs: number;
  /** The highest seq known to have reached it. */
  reachedSeq: number;
  /** The highest seq when the connection began, the highest by now, and how many between them came. */
  connectionBase: number;
  connectionTop: number;
  /** When that highest seq was read; {@link never} while it is the base. */
  connectionTopUs: number;
  connectionCount: number;
  /** The highest seq read on this very connection; 0 before the first frame. */
  lastSeq: number;
  /** Frames read while not a member: they belong to the join that comes, or to the leave before. */
  outside: Frame[] | undefined;
};

export type Frame = { readonly message: number; readonly seq: number; readonly atUs: number };

/** Value of a time that has not come. */
export const never = -1;

const noBits = new Uint32Array(0);

/** A user's place in a room it has not joined yet. */
export function createMembership(
  room: RoomMessages,
  recipient: number,
  partial: boolean,
): Membership {
  return {
    room,
    recipient,
    partial,
    state: 'outside',
    arrivedBits: noBits,
    joinSeq: 0,
    joinedUs: 0,
    askedUs: never,
    endUs: 0,
    leftSeq: never,
    awayFromUs: never,
    resumedUs: never,
    resyncedUs: never,
    reachedSeq: 0,
    connectionBase: 0,
    connectionTop: 0,
    connectionTopUs: never,
    connectionCount: 0,
    lastSeq: 0,
    outside: undefined,
  };
}

/** Whether the message is of this membership. */
export function isMine(
  book: LedgerBook,
  member: Membership,
  message: number,
  seq: number,
): boolean {
  const sentUs = leftUs(book, message);
  if (member.state === 'left' && sentUs > member.endUs) return false;
  if (seq > member.joinSeq || sentUs > member.joinedUs) return true;
  return member.resyncedUs !== never && (book.table.seenUs[message] ?? 0) > member.resyncedUs;
}

/**
 * Whether a message that did not come was there before its room was counted anew and the member asked to
 * join: of a log that the member never saw, whatever its seq. What comes to it is its own all the same.
 */
export function isOfEarlierEpoch(book: LedgerBook, member: Membership, message: number): boolean {
  const { isRenumbered, isNumberedTwice } = member.room;
  if (!isRenumbered && !isNumberedTwice) return false;
  return (book.table.seenUs[message] ?? 0) < member.askedUs;
}

/** Whether it is known that the message was taken in: acked, or read by anybody. */
export function exists(book: LedgerBook, message: number): boolean {
  return ((book.table.flags[message] ?? 0) & (flag.acked | flag.arrived)) !== 0;
}

/** Whether the membership may miss a message of its own that did not arrive by its end. */
export function isOwed(
  book: LedgerBook,
  member: Membership,
  message: number,
  seq: number,
): boolean {
  // At or below the head of its join it is of a later epoch, of which no seq of the earlier one tells.
  const isCounted = seq > member.joinSeq || member.resyncedUs !== never;
  if (isCounted && seq <= member.reachedSeq) return true;
  const knownUs = book.table.seenUs[message] ?? Infinity;
  if (member.leftSeq !== never) {
    const isOverdue = Math.max(knownUs, member.resumedUs) + deadlineUs <= member.endUs;
    return (isCounted && seq <= member.leftSeq) || knownUs <= member.resyncedUs || isOverdue;
  }
  // A replay is complete when it says so; the refetch after a resync takes its time.
  const seenUs = Math.max(knownUs, member.resyncedUs);
  if (seenUs + leaveMarginUs > member.endUs) return false;
  const fromUs = Math.max(dueUs(book, message), member.resumedUs);
  return !member.partial || fromUs + deadlineUs <= member.endUs;
}

/** Without its `sent` record (a file was cut), a message is due when it is first seen. */
export function dueUs(book: LedgerBook, message: number): number {
  const due = book.table.dueUs[message] ?? Infinity;
  return due === Infinity ? (book.table.seenUs[message] ?? 0) : due;
}

/** When it left its sender, as far as that is known: {@link never} without its `sent` record. */
export function leftUs(book: LedgerBook, message: number): number {
  const atUs = book.table.leftUs[message] ?? Infinity;
  return atUs === Infinity ? never : atUs;
}

/** Whether the message has arrived in this membership. */
export function hasArrived(book: LedgerBook, member: Membership, message: number): boolean {
  const ordinal = book.table.ordinal[message] ?? 0;
  return (((member.arrivedBits[ordinal >>> 5] ?? 0) >>> (ordinal & 31)) & 1) === 1;
}

/** Notes that it has. */
export function markArrived(book: LedgerBook, member: Membership, message: number): void {
  const ordinal = book.table.ordinal[message] ?? 0;
  const word = ordinal >>> 5;
  member.arrivedBits[word] = (member.arrivedBits[word] ?? 0) | (1 << (ordinal & 31));
}
