/**
 * When each message of a run was due, acked, and at its last member: the base of what users felt.
 * About 35 bytes a message, so that a run of 100,000 users fits.
 */
import { Column } from './column.ts';
import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { quantileOf } from './quantile.ts';

/** Times in µs since run start; infinite: it did not happen. */
export type MessageTime = {
  readonly sender: number;
  readonly room: number;
  readonly n: number;
  readonly dueUs: number;
  readonly ackedUs: number;
  /** -1: it reached nobody. */
  readonly lastUs: number;
  readonly refused: boolean;
};

/**
 * All messages, sender by sender and room by room, each one's in the order of `n` and so of their due
 * times. What is yielded is one object, reused: copy what must outlive the step.
 */
export type Messages = Iterable<MessageTime>;

export type MessageTimes = {
  note(record: HistoryRecord): void;
  /** Due time of a message; infinite when its `sent` record was not met. */
  dueUsOf(sender: number, room: number, n: number): number;
  readonly all: Messages;
};

/** No message yet. */
export function createMessageTimes(): MessageTimes {
  /** Sender and room in one number → n → the message's row. */
  const groups = new Map<number, number[]>();
  const due = new Column();
  const acked = new Column();
  const last = new Column();
  const refused = new Set<number>();

  function rowOf(sender: number, room: number, n: number): number {
    const key = sender * perSender + room;
    let own = groups.get(key);
    if (own === undefined) {
      own = [];
      groups.set(key, own);
    }
    const known = own[n];
    if (known !== undefined) return known;
    const row = due.length;
    due.push(Infinity);
    acked.push(Infinity);
    last.push(-1);
    own[n] = row;
    return row;
  }

  function* all(): Generator<MessageTime> {
    const time = { sender: 0, room: 0, n: 0, dueUs: 0, ackedUs: 0, lastUs: 0, refused: false };
    for (const [key, own] of groups) {
      time.sender = Math.floor(key / perSender);
      time.room = key % perSender;
      for (const [n, row] of own.entries()) {
        // A record in between that no file has.
        if (row === undefined) continue;
        time.n = n;
        time.dueUs = due.at(row);
        time.ackedUs = acked.at(row);
        time.lastUs = last.at(row);
        time.refused = refused.has(row);
        yield time;
      }
    }
  }

  return {
    all: { [Symbol.iterator]: all },
    dueUsOf(sender, room, n) {
      const row = groups.get(sender * perSender + room)?.[n];
      return row === undefined ? Infinity : due.at(row);
    },
    note({ kind, user, room, peer, n, atUs }) {
      switch (kind) {
        case recordKind.sent: {
          const row = rowOf(user, room, n);
          due.put(row, Math.min(due.at(row), atUs));
          break;
        }
        case recordKind.acked: {
          const row = rowOf(user, room, n);
          acked.put(row, Math.min(acked.at(row), atUs));
          break;
        }
        case recordKind.refused:
          refused.add(rowOf(user, room, n));
          break;
        case recordKind.delivered:
        case recordKind.resynced: {
          const row = rowOf(peer, room, n);
          last.put(row, Math.max(last.at(row), atUs));
          break;
        }
        default:
      }
    },
  };
}

/** Users and rooms are 24 bits each in a record. */
const perSender = 0x1000000;

/** p99 in ms from due to ack, of those that were acked; 0 of none. */
export function ackP99(messages: Messages, counts: (one: MessageTime) => boolean): number {
  const waits = new Column();
  for (const one of messages) {
    if (one.ackedUs === Infinity || one.dueUs === Infinity || !counts(one)) continue;
    waits.push((one.ackedUs - one.dueUs) / 1000);
  }
  return quantileOf(waits.sorted(), 0.99);
}

/** Whether a time in µs lies between two in ms. */
export function isBetween(us: number, fromMs: number, toMs: number): boolean {
  return us >= fromMs * 1000 && us <= toMs * 1000;
}
