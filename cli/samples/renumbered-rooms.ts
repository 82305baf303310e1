/**
 * Which rooms were counted anew in a run, from its records in order: where a member was told so, or came
 * back and found the room below what it had before. A new epoch alone is no proof: without a log every
 * process has one of its own, and a log that was cut off goes on in its numbering.
 */
import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';

/** How far a user came in one of its rooms, by now and before this connection. */
type Reach = {
  readonly room: number;
  readonly next: Reach | undefined;
  topSeq: number;
  heldSeq: number;
};

export type RenumberedRooms = {
  /** The next record; those of a user in the order of time. */
  note(record: HistoryRecord): void;
};

/** Calls `found` with each room, perhaps more than once. */
export function renumberedRooms(found: (room: number) => void): RenumberedRooms {
  /** A user's rooms, as a chain: nearly always one. */
  const users: (Reach | undefined)[] = [];

  function reachOf(user: number, room: number): Reach {
    for (let reach = users[user]; reach !== undefined; reach = reach.next) {
      if (reach.room === room) return reach;
    }
    const reach = { room, next: users[user], topSeq: 0, heldSeq: 0 };
    users[user] = reach;
    return reach;
  }

  function startAt(reach: Reach, seq: number): void {
    reach.topSeq = seq;
    reach.heldSeq = seq;
  }

  return {
    note({ kind, code, user, room, value }) {
      switch (kind) {
        case recordKind.joined:
          startAt(reachOf(user, room), value);
          break;
        case recordKind.delivered: {
          const reach = reachOf(user, room);
          if (value > reach.topSeq) reach.topSeq = value;
          break;
        }
        case recordKind.disconnected:
          // What comes next may be of another numbering, and comes before the word of it.
          for (let reach = users[user]; reach !== undefined; reach = reach.next) {
            reach.heldSeq = reach.topSeq;
          }
          break;
        case recordKind.resumed: {
          const reach = reachOf(user, room);
          const isAnew = code === 1 && value < reach.heldSeq;
          if (isAnew) found(room);
          startAt(reach, isAnew ? value : reach.topSeq);
          break;
        }
        case recordKind.renumbered:
          found(room);
          startAt(reachOf(user, room), value);
          break;
        default:
      }
    },
  };
}
