/** When each message of a run was due, acked, and at its last member: the base of what users felt. */
import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { quantileOf } from './quantile.ts';

/** Times in µs since run start; infinite: it did not happen. */
export type MessageTime = {
  readonly sender: number;
  readonly room: number;
  readonly n: number;
  dueUs: number;
  ackedUs: number;
  /** -1: it reached nobody. */
  lastUs: number;
  refused: boolean;
};

export type MessageTimes = {
  note(record: HistoryRecord): void;
  /** Due time of a message; infinite when its `sent` record was not met. */
  dueUsOf(sender: number, room: number, n: number): number;
  /** In the order met. */
  readonly all: readonly MessageTime[];
};

/** No message yet. */
export function createMessageTimes(): MessageTimes {
  const bySender = new Map<number, MessageTime[]>();
  const all: MessageTime[] = [];

  function timeOf(sender: number, room: number, n: number): MessageTime {
    const key = sender * 0x1000000 + room;
    let own = bySender.get(key);
    if (own === undefined) {
      own = [];
      bySender.set(key, own);
    }
    const known = own[n];
    if (known !== undefined) return known;
    const made = {
      sender,
      room,
      n,
      dueUs: Infinity,
      ackedUs: Infinity,
      lastUs: -1,
      refused: false,
    };
    own[n] = made;
    all.push(made);
    return made;
  }

  return {
    all,
    dueUsOf: (sender, room, n) => bySender.get(sender * 0x1000000 + room)?.[n]?.dueUs ?? Infinity,
    note({ kind, user, room, peer, n, atUs }) {
      switch (kind) {
        case recordKind.sent: {
          const time = timeOf(user, room, n);
          time.dueUs = Math.min(time.dueUs, atUs);
          break;
        }
        case recordKind.acked: {
          const time = timeOf(user, room, n);
          time.ackedUs = Math.min(time.ackedUs, atUs);
          break;
        }
        case recordKind.refused:
          timeOf(user, room, n).refused = true;
          break;
        case recordKind.delivered:
        case recordKind.resynced: {
          const time = timeOf(peer, room, n);
          if (atUs > time.lastUs) time.lastUs = atUs;
          break;
        }
        default:
      }
    },
  };
}

/** p99 in ms from due to ack, of those that were acked; 0 of none. */
export function ackP99(messages: readonly MessageTime[]): number {
  const waits = messages.flatMap(({ dueUs, ackedUs }) =>
    ackedUs === Infinity || dueUs === Infinity ? [] : [(ackedUs - dueUs) / 1000],
  );
  return quantileOf(
    waits.toSorted((a, b) => a - b),
    0.99,
  );
}

/** Whether a time in µs lies between two in ms. */
export function isBetween(us: number, fromMs: number, toMs: number): boolean {
  return us >= fromMs * 1000 && us <= toMs * 1000;
}
