/**
 * The log in the memory of one process: what the embedded topology runs on. It survives nothing;
 * a restart is a new epoch. Deduplication reaches as far back as the log of the room does.
 */
import { randomUUID } from 'node:crypto';
import { dedupeKey, messageJson, withoutBody } from './room-log.ts';
import type { Appended, LogEntry, LogListener, RoomLog } from './room-log.ts';

type Room = {
  head: number;
  /** Entries from `head - entries.length + 1` to `head`; trimmed in slabs, so up to 1.25 × keep. */
  entries: LogEntry[];
  ids: string[];
  readonly stored: Map<string, { readonly seq: number; readonly at: number }>;
};

/** @param keep messages kept per room, at least. */
export function memoryLog(keep: number): RoomLog {
  const rooms = new Map<string, Room>();
  const followed = new Set<string>();
  let epoch = randomUUID();
  let listener: LogListener | undefined;

  const roomOf = (name: string): Room => {
    let room = rooms.get(name);
    if (room === undefined) {
      room = { head: 0, entries: [], ids: [], stored: new Map() };
      rooms.set(name, room);
    }
    return room;
  };

  return {
    append: async (message) => {
      const room = roomOf(message.room);
      const id = dedupeKey(message.sender, message.storedAs ?? message.id);
      const before = room.stored.get(id);
      if (before !== undefined) return { ...before, duplicate: true };
      const at = Date.now();
      const seq = ++room.head;
      const text = messageJson(message, at);
      const json = text.before + seq + text.after;
      room.entries.push({ seq, json });
      room.ids.push(id);
      room.stored.set(id, { seq, at });
      if (room.entries.length > keep * 1.25) trim(room, keep);
      if (followed.has(message.room)) {
        // After the caller's ack is on its way, as with a real store.
        queueMicrotask(() => listener?.message(message.room, seq, json));
      }
      return { seq, at, duplicate: false };
    },
    find: async (message): Promise<Appended | undefined> => {
      const found = rooms.get(message.room)?.stored.get(dedupeKey(message.sender, message.id));
      return found === undefined ? undefined : { ...found, duplicate: true };
    },
    heads: async (names) => ({ epoch, heads: names.map((name) => rooms.get(name)?.head ?? 0) }),
    read: async (name, after, limit) => {
      const room = rooms.get(name);
      if (room === undefined) return { epoch, head: 0, entries: [] };
      const first = room.head - room.entries.length + 1;
      const from = Math.max(0, after + 1 - first);
      return { epoch, head: room.head, entries: room.entries.slice(from, from + limit) };
    },
    remove: async (name, seq) => {
      const room = rooms.get(name);
      const index = room === undefined ? -1 : seq - (room.head - room.entries.length + 1);
      const entry = room?.entries[index];
      if (room === undefined || entry === undefined) return false;
      room.entries[index] = { seq, json: withoutBody(entry.json) };
      if (followed.has(name)) queueMicrotask(() => listener?.removed(name, seq));
      return true;
    },
    renewEpoch: async (old) => {
      if (epoch === old) epoch = randomUUID();
      return epoch;
    },
    follow: async (room) => {
      followed.add(room);
      roomOf(room);
    },
    unfollow: (room) => {
      followed.delete(room);
    },
    listen: (one) => {
      listener = one;
    },
    rooms: async (limit) => [...rooms.keys()].slice(-limit).toReversed(),
    up: () => true,
    close: async () => {},
  };
}

function trim(room: Room, keep: number): void {
  const gone = room.entries.length - keep;
  room.entries = room.entries.slice(gone);
  for (const id of room.ids.slice(0, gone)) room.stored.delete(id);
  room.ids = room.ids.slice(gone);
}
