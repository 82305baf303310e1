/**
 * One user's membership of one room, as pass 2 of the ledger follows it: which messages arrived, on
 * which connection, in which order, and, when it ends, which of those it was owed never came. The
 * rules are in owed.ts.
 */
import {
  deadlineUs,
  dueUs,
  exists,
  hasArrived,
  isMine,
  isOfEarlierEpoch,
  isOwed,
  leftUs,
  markArrived,
  never,
} from './owed.ts';
import type { Frame, LedgerBook, Membership } from './owed.ts';

/** What a record can say of how long a join took, and says of all that took longer. */
const longestTookUs = 0xffffff;

/** The join was acked with this head; it was asked for `tookUs` before. */
export function memberJoined(
  book: LedgerBook,
  member: Membership,
  head: number,
  atUs: number,
  tookUs: number,
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
  member.joinedUs = atUs;
  member.askedUs = tookUs < longestTookUs ? atUs - tookUs : never;
  member.leftSeq = never;
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

/** The user left, or meant the disconnection. `leftSeq`: of an exact leave. */
export function memberEnded(member: Membership, atUs: number, leftSeq = never): void {
  if (member.state !== 'member') return;
  member.state = 'left';
  member.endUs = atUs;
  member.leftSeq = leftSeq;
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
    goOnAnew(member, head, atUs);
    return;
  }
  // What the replay left out was missed on a broken connection: lost if it never comes, not dropped.
  const { lastSeq } = member;
  beginConnection(member, Math.max(head, member.connectionTop));
  member.lastSeq = lastSeq;
}

/** Told on its unbroken connection that the room is counted anew: its node goes on above this head. */
export function memberRenumbered(
  book: LedgerBook,
  member: Membership,
  head: number,
  atUs: number,
): void {
  if (member.state !== 'member') return;
  endConnection(book, member);
  goOnAnew(member, head, atUs);
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
  markArrived(book, member, message);
  countArrival(book, member, message, seq, atUs);
  // A log has one place for a message: an id under another seq of the same log is out of order too.
  const isElsewhere = seq !== book.table.seq[message] && !member.room.isRenumbered;
  if (seq <= member.lastSeq || isElsewhere) count(book, member, 'reordered', message, seq, atUs);
  if (seq > member.lastSeq) member.lastSeq = seq;
  if (seq > member.connectionBase) member.connectionCount++;
  if (seq > member.connectionTop) {
    member.connectionTop = seq;
    member.connectionTopUs = atUs;
  }
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
  markArrived(book, member, message);
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

/** What is first seen from now on may stand under any seq, and comes live above this head. */
function goOnAnew(member: Membership, head: number, atUs: number): void {
  member.resyncedUs = atUs;
  member.reachedSeq = Math.min(member.reachedSeq, head);
  beginConnection(member, head);
}

function beginConnection(member: Membership, base: number): void {
  member.connectionBase = base;
  member.connectionTop = base;
  member.connectionTopUs = never;
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
      // One that left after a newer one had come is of a later epoch.
      const isNew = leftUs(book, message) > member.connectionTopUs;
      if (isOld || isNew || isOfEarlierEpoch(book, member, message)) continue;
      if (!exists(book, message) || hasArrived(book, member, message)) continue;
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
  markArrived(book, member, message);
  if (isOwed(book, member, message, seq)) countArrival(book, member, message, seq, atUs);
}

function countMissing(book: LedgerBook, member: Membership, message: number): void {
  const seq = book.table.seq[message] ?? 0;
  if (!exists(book, message) || !isMine(book, member, message, seq)) return;
  if (isOfEarlierEpoch(book, member, message)) return;
  if (!isOwed(book, member, message, seq)) return;
  book.counts.expected++;
  const due = dueUs(book, message);
  // One that left late came to exist late: while the member was away, it could not have it.
  const sinceUs = Math.max(due, book.table.seenUs[message] ?? 0);
  const missedWhileAway =
    member.awayFromUs !== never &&
    (seq > member.reachedSeq || leftUs(book, message) > member.awayFromUs) &&
    sinceUs + deadlineUs > member.awayFromUs;
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
