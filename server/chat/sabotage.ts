/**
 * Servers that lie, each in one way, about one time in a thousand. They exist so that the delivery
 * ledger can be checked against a known lie; a healthy server never loads them.
 */
import type { Sabotage } from '../config.ts';
import { event } from '../contract.ts';
import type { LogEntry, RoomLog } from '../log/room-log.ts';
import type { ChatSocket } from './chat-socket.ts';
import type { FanOut } from './fan-out.ts';
import type { RoomView } from './room-view.ts';

const oneIn = 1000;
/** About as many deliveries, in rooms of ten. */
const oneMessageIn = 100;
const storeLateMs = 50;

type Show = (view: RoomView, entry: LogEntry) => void;

/** What takes the place of the plain fan-out; `undefined` for the lie that is told elsewhere. */
export function sabotagedShow(kind: Sabotage, fanOut: FanOut): Show | undefined {
  let deliveries = 0;
  /** The member whose delivery is the thousandth, if it is among these. */
  const victimOf = (view: RoomView): ChatSocket | undefined => {
    const before = deliveries;
    deliveries += view.members.size;
    const at = oneIn - 1 - (before % oneIn);
    return at < view.members.size ? [...view.members][at] : undefined;
  };
  const tell = (members: ReadonlySet<ChatSocket>, { json }: LogEntry): void =>
    fanOut.toAll(members, event.message, json);

  switch (kind) {
    case 'drop':
      return (view, entry) => {
        const victim = victimOf(view);
        const rest = new Set(view.members);
        if (victim !== undefined) rest.delete(victim);
        tell(rest, entry);
      };
    case 'double':
      return (view, entry) => {
        const victim = victimOf(view);
        tell(view.members, entry);
        if (victim !== undefined) fanOut.toOne(victim, event.message, entry.json);
      };
    case 'swap': {
      const held = new Map<string, { readonly victim: ChatSocket; readonly entry: LogEntry }>();
      return (view, entry) => {
        const late = held.get(view.room);
        held.delete(view.room);
        const counted = victimOf(view);
        const victim = late === undefined ? counted : undefined;
        const rest = new Set(view.members);
        if (victim !== undefined) {
          rest.delete(victim);
          held.set(view.room, { victim, entry });
          // Where no second message comes, the first one is only late.
          setTimeout(() => {
            if (held.get(view.room)?.entry !== entry) return;
            held.delete(view.room);
            tell(new Set([victim]), entry);
          }, 2000).unref();
        }
        tell(rest, entry);
        if (late !== undefined) tell(new Set([late.victim]), late.entry);
      };
    }
    case 'ack-before-store':
    case 'store-twice':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** What takes the place of the log; the log itself for a lie that is told elsewhere. */
export function sabotagedLog(kind: Sabotage, log: RoomLog): RoomLog {
  if (kind === 'ack-before-store') return ackBeforeStore(log);
  return kind === 'store-twice' ? storeTwice(log) : log;
}

/** The log of a server that does not know a message again: one id, two seqs. */
function storeTwice(log: RoomLog): RoomLog {
  let appended = 0;
  return {
    ...log,
    append: async (message) => {
      const stored = await log.append(message);
      appended += 1;
      if (appended % oneMessageIn === 0) {
        await log.append({ ...message, storedAs: `${message.id} again` });
      }
      return stored;
    },
  };
}

/**
 * The log of a server that acks first and stores 50 ms later: a crash in between loses what was
 * promised. The seq it answers is a guess (right as long as one node writes the room).
 */
export function ackBeforeStore(log: RoomLog): RoomLog {
  const guessed = new Map<string, number>();
  return {
    ...log,
    append: async (message) => {
      const known = await log.find(message);
      if (known !== undefined) return known;
      const last = guessed.get(message.room) ?? (await log.heads([message.room])).heads[0] ?? 0;
      const seq = Math.max(last, guessed.get(message.room) ?? 0) + 1;
      guessed.set(message.room, seq);
      setTimeout(() => {
        // It told the sender that the message is safe; there is nobody left to tell otherwise.
        log.append(message).catch(() => {});
      }, storeLateMs);
      return { seq, at: Date.now(), duplicate: false };
    },
  };
}
