/**
 * The delivery ledger: every message of a run accounted for at every recipient, derived from the
 * history in two passes. Records may come in any order across workers; within one worker's file
 * each user's records are in time order. The rules of a pair are in owed.ts.
 *
 * `sent = acked + refused + recovered + indeterminate` (messages), and
 * `expected = delivered + late + lost + neverBack` (pairs), where `lost` further counts each message
 * that was acked and is not in the log at the final read.
 */
import { createExceptionList } from './exception-list.ts';
import { messageId, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import {
  closeMembership,
  memberBroken,
  memberEnded,
  memberJoined,
  memberReceived,
  memberRefetched,
  memberRenumbered,
  memberResumed,
} from './membership.ts';
import { createMembership } from './owed.ts';
import type { LedgerBook, Membership } from './owed.ts';
import { messageCount } from './message-count.ts';
import { createMessageTable, flag } from './message-table.ts';
import { renumberedRooms } from './renumbered-rooms.ts';
import type { ExceptionClass, LedgerSummary } from './summary.ts';

export type LedgerOptions = {
  readonly runId: string;
  /** The run was cut short: what had not arrived and was not overdue is not judged. */
  readonly partial: boolean;
  /** Told of every message that was acked and is gone: once for the log, once for each member. */
  readonly onLoss?: (loss: LossFacts) => void;
};

/** An acked message that is not in the log (`unstored`), or that a member never got. */
export type LossFacts = {
  readonly id: string;
  /** ms since run start: when it was first known to exist. */
  readonly atMs: number;
  readonly unstored: boolean;
};

/** Feed every record to `note`, then every record to `account`, then `close`. */
export type Ledger = {
  note(record: HistoryRecord): void;
  account(record: HistoryRecord): void;
  /** `endUs`: end of the history, µs since run start; memberships that no record ends, end then. */
  close(endUs: number): LedgerSummary;
};

/**
 * Where a history ends: with the run, or, in a run cut short, with the first file to end. A worker
 * that was killed wrote up to some moment, and nothing after it is known of its users.
 */
export function historyEndUs(
  lastAtUs: readonly number[],
  run: { readonly durationMs: number; readonly partial: boolean },
): number {
  return Math.min(run.durationMs * 1000, ...(run.partial ? lastAtUs : []));
}

type Place = { readonly membership: Membership; readonly next: Place | undefined };

/** An empty ledger. */
export function createLedger(options: LedgerOptions): Ledger {
  const table = createMessageTable();
  const exceptions = createExceptionList(options.runId);
  const counts = {
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
  const book: LedgerBook = {
    table,
    counts,
    report,
  };
  /** A user's rooms, as a chain: nearly always one. */
  const places: (Place | undefined)[] = [];
  /** Load workers that were cut short. */
  const ended: HistoryRecord[] = [];
  const messages = messageCount(table, report);
  const renumberings = renumberedRooms((room) => {
    table.roomOf(room).isRenumbered = true;
  });
  let isAccounting = false;

  function report(
    name: ExceptionClass,
    message: number,
    seq: number,
    recipient: number | null,
    atUs: number,
  ): void {
    if (name === 'lost' || name === 'unstored') tellLoss(message, name === 'unstored');
    if (!exceptions.wants(name)) return;
    exceptions.add(name, {
      sender: table.sender[message] ?? 0,
      room: table.room[message] ?? 0,
      n: table.n[message] ?? 0,
      seq,
      recipient,
      atUs,
    });
  }

  function tellLoss(message: number, unstored: boolean): void {
    if (options.onLoss === undefined || ((table.flags[message] ?? 0) & flag.acked) === 0) return;
    const { sender, room, n, seenUs } = table;
    const id = messageId(sender[message] ?? 0, room[message] ?? 0, n[message] ?? 0);
    options.onLoss({ id, atMs: (seenUs[message] ?? 0) / 1000, unstored });
  }

  function set(message: number, bit: number): void {
    table.flags[message] = (table.flags[message] ?? 0) | bit;
  }

  function seen(message: number, atUs: number): void {
    if (atUs < (table.seenUs[message] ?? Infinity)) table.seenUs[message] = atUs;
  }

  function noteAckedSeq(message: number, { room, value: seq }: HistoryRecord): void {
    // Seqs count from 1.
    if (seq === 0) return;
    const messages = table.roomOf(room);
    const first = (messages.ackedBySeq[seq] ??= message);
    if (first !== message) messages.isNumberedTwice = true;
  }

  function membershipOf(user: number, room: number): Membership {
    for (let place = places[user]; place !== undefined; place = place.next) {
      if (place.membership.room.room === room) return place.membership;
    }
    const partial = options.partial || endedUs(user) < Infinity;
    const membership = createMembership(table.roomOf(room), user, partial);
    places[user] = { membership, next: places[user] };
    return membership;
  }

  /** When the worker of a user was cut short. */
  function endedUs(user: number): number {
    const own = ended.filter((worker) => user % worker.n === worker.user);
    return Math.min(Infinity, ...own.map(({ atUs }) => atUs));
  }

  function eachRoomOf(user: number, visit: (membership: Membership) => void): void {
    for (let place = places[user]; place !== undefined; place = place.next) visit(place.membership);
  }

  return {
    note(record) {
      if (isAccounting) throw new Error('ledger: note() after account()');
      renumberings.note(record);
      switch (record.kind) {
        case recordKind.sent: {
          const message = table.byId(record.user, record.room, record.n);
          set(message, flag.sent);
          table.dueUs[message] = Math.min(table.dueUs[message] ?? Infinity, record.atUs);
          const leftUs = record.atUs + record.value;
          table.leftUs[message] = Math.min(table.leftUs[message] ?? Infinity, leftUs);
          break;
        }
        case recordKind.acked: {
          const message = table.byIdAndSeq(record.user, record.room, record.n, record.value);
          set(message, flag.acked);
          noteAckedSeq(message, record);
          seen(message, record.atUs);
          table.ackedUs[message] = Math.min(table.ackedUs[message] ?? Infinity, record.atUs);
          break;
        }
        case recordKind.refused:
          set(table.byId(record.user, record.room, record.n), flag.refused);
          break;
        case recordKind.delivered:
        case recordKind.resynced: {
          const message = table.byIdAndSeq(record.peer, record.room, record.n, record.value);
          set(message, flag.arrived);
          seen(message, record.atUs);
          break;
        }
        case recordKind.stored:
          messages.noteStored(record);
          break;
        case recordKind.readDone: {
          const room = table.roomOf(record.room);
          room.readHead = record.value;
          room.readUs = record.atUs - record.n;
          break;
        }
        case recordKind.workerEnded:
          ended.push({ ...record });
          break;
        default:
      }
    },
    account(record) {
      isAccounting = true;
      const { user, room, value, atUs } = record;
      switch (record.kind) {
        case recordKind.delivered: {
          const message = table.byIdAndSeq(record.peer, room, record.n, value);
          memberReceived(book, membershipOf(user, room), message, value, atUs);
          break;
        }
        case recordKind.resynced: {
          const message = table.byIdAndSeq(record.peer, room, record.n, value);
          memberRefetched(book, membershipOf(user, room), message, value, atUs);
          break;
        }
        case recordKind.joined:
          memberJoined(book, membershipOf(user, room), value, atUs, record.n);
          break;
        case recordKind.left:
          memberEnded(membershipOf(user, room), atUs, record.code === 1 ? value : undefined);
          break;
        case recordKind.resumed:
          memberResumed(membershipOf(user, room), value, record.code === 1, atUs);
          break;
        case recordKind.renumbered:
          memberRenumbered(book, membershipOf(user, room), value, atUs);
          break;
        case recordKind.disconnected:
          if (record.code === 1) eachRoomOf(user, (member) => memberEnded(member, atUs));
          else eachRoomOf(user, (member) => memberBroken(book, member, atUs));
          break;
        default:
      }
    },
    close(endUs) {
      const { unstored, storedTwice, ...ofMessages } = messages.count();
      counts.lost += unstored;
      counts.duplicated += storedTwice;
      for (const user of Object.keys(places).map(Number)) {
        const untilUs = Math.min(endUs, endedUs(user));
        eachRoomOf(user, (member) => closeMembership(book, member, untilUs));
      }
      return { ...ofMessages, ...counts, exceptions: exceptions.all() };
    },
  };
}
