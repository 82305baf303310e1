/**
 * The message path `adapter`: Socket.IO's own rooms and, between nodes, its Redis adapter, as the
 * seeds have it. It promises nothing: what is emitted while a node, a client or Redis is away is
 * gone, two nodes may show two orders, and there is no history. The seq is unique per room (a
 * counter in Redis, or in the one process there is), but says nothing about arrival.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { event, type Resumed } from '../contract.ts';
import type { Metrics } from '../metrics.ts';
import type { Patience } from '../redis/patience.ts';
import type { ChatNamespace } from './chat-socket.ts';
import type { MessagePath } from './message-path.ts';

// No room name of a client can meet a socket id or another room of the server's.
const inside = (room: string): string => `room:${room}`;

export function adapterPath(
  chat: ChatNamespace,
  redis: { readonly client: Redis; readonly waits: Patience } | undefined,
  metrics: Metrics,
): MessagePath {
  const counter = redis === undefined ? memoryCounter() : redisCounter(redis.client, redis.waits);
  const epoch = randomUUID();
  return {
    join: async (socket, room) => {
      const seq = await counter.current(room);
      await socket.join(inside(room));
      return { seq, epoch };
    },
    leave: (socket, room) => {
      void socket.leave(inside(room));
      // The counter says nothing about what has reached this node.
      return undefined;
    },
    members: (room) => chat.adapter.rooms.get(inside(room))?.size ?? 0,
    has: (socket, room) => socket.rooms.has(inside(room)),
    resume: async (socket, _epoch, rooms) => {
      const entries = await Promise.all(
        [...rooms.keys()].map(async (room) => {
          const seq = await counter.current(room);
          await socket.join(inside(room));
          return [room, { seq, resync: true }] as const;
        }),
      );
      const resumed: Resumed = { epoch, rooms: Object.fromEntries(entries) };
      socket.emit(event.resumed, resumed);
    },
    history: async (room) => ({
      ok: true,
      epoch,
      messages: [],
      head: await counter.current(room),
    }),
    find: async () => undefined,
    remove: async () => false,
    send: async ({ room, sender, id, body }) => {
      const seq = await counter.next(room);
      const at = Date.now();
      const from = performance.now();
      chat.to(inside(room)).emit(event.message, { room, seq, id, sender, body, at });
      metrics.broadcastSeconds.observe((performance.now() - from) / 1000);
      return { seq, at, duplicate: false };
    },
    close: () => {},
  };
}

type Counter = { next(room: string): Promise<number>; current(room: string): Promise<number> };

function memoryCounter(): Counter {
  const last = new Map<string, number>();
  return {
    next: async (room) => {
      const seq = (last.get(room) ?? 0) + 1;
      last.set(room, seq);
      return seq;
    },
    current: async (room) => last.get(room) ?? 0,
  };
}

function redisCounter(redis: Redis, waits: Patience): Counter {
  const key = (room: string): string => `rtops:{${room}}:count`;
  return {
    next: (room) => waits.ask(() => redis.incr(key(room))),
    current: async (room) => Number(await waits.ask(() => redis.get(key(room)))),
  };
}
