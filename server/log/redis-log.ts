/**
 * The log in Redis: what nodes share. One stream per room, whose ids are the seqs; a key per
 * message id for a day, so that a retry is stored once; a channel per room that tells the nodes.
 * How much of it survives a crash of Redis is decided by Redis' own `appendfsync`.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Patience } from '../redis/patience.ts';
import type { Pulse } from '../redis/pulse.ts';
import { withLogScripts } from './redis-scripts.ts';
import { dedupeKey, messageJson, withoutBody } from './room-log.ts';
import type { LogEntry, LogListener, LogPage, RoomLog } from './room-log.ts';

/** A retry later than this is a new message. */
const dedupeTtlSec = 24 * 3600;
const headsAtOnce = 1000;
const channelsAtOnce = 500;
const roomsRemembered = 10_000;
/** A channel connection says nothing by itself: this shows whether it is alive. */
const channelPingEveryMs = 2000;

const epochKey = 'rtops:epoch';
const roomsKey = 'rtops:rooms';
const epochChannel = 'rtops:epoch';

// The braces put all keys of a room on one shard of a cluster.
const keysOf = (room: string) => ({
  seq: `rtops:{${room}}:seq`,
  log: `rtops:{${room}}:log`,
  removed: `rtops:{${room}}:removed`,
  channel: `rtops:{${room}}:live`,
});
const dedupeOf = (room: string, sender: string, id: string): string =>
  `rtops:{${room}}:id:${dedupeKey(sender, id)}`;
const roomOf = (channel: string): string => channel.slice('rtops:{'.length, -'}:live'.length);

type RedisLogOptions = {
  /** Shared with the rest of the node; closed by its owner. */
  readonly requests: Redis;
  /** For this log alone, ready; the log closes it. */
  readonly channels: Redis;
  readonly pulse: Pulse;
  readonly waits: Patience;
  readonly keep: number;
  readonly logger: Logger;
  /** Hears, per message that comes over the channel, when it was taken (wall-clock ms). */
  readonly arrived: (takenAtMs: number) => void;
};

export async function redisLog(options: RedisLogOptions): Promise<RoomLog> {
  const { requests, channels, pulse, waits, keep, logger, arrived } = options;
  const store = withLogScripts(requests);
  const followed = new Set<string>();
  let listener: LogListener | undefined;

  channels.on('message', (channel: string, payload: string) => {
    if (channel === epochChannel) return listener?.interrupted();
    const room = roomOf(channel);
    if (payload.startsWith('{')) {
      arrived(takenAt(payload));
      return listener?.message(room, seqOf(room, payload), payload);
    }
    return listener?.removed(room, Number(payload.slice(1)));
  });
  channels.on('ready', () => void subscribeAll());
  const ping = setInterval(() => {
    if (channels.status === 'ready') channels.ping().catch(() => {});
  }, channelPingEveryMs);

  const subscribeAll = async (): Promise<void> => {
    try {
      const names = [epochChannel, ...[...followed].map((room) => keysOf(room).channel)];
      for (let from = 0; from < names.length; from += channelsAtOnce) {
        await channels.subscribe(...names.slice(from, from + channelsAtOnce));
      }
      // What was told in between reached nobody here.
      listener?.interrupted();
    } catch (error) {
      logger.warn({ err: error }, 'could not subscribe; connecting again');
      channels.disconnect(true);
    }
  };

  const currentEpoch = async (): Promise<string> =>
    (await store.get(epochKey)) ??
    (await store.rtopsRenewEpoch(epochKey, '', randomUUID(), epochChannel));

  const readPage = async (room: string, after: number, limit: number): Promise<LogPage> => {
    const { seq, log, removed } = keysOf(room);
    const [epoch, [head, stored, gone]] = await Promise.all([
      currentEpoch(),
      store.rtopsRead(seq, log, removed, after, limit),
    ]);
    const entries = stored.map((json): LogEntry => ({ seq: seqOf(room, json), json }));
    if (gone.length > 0) {
      for (const json of gone) entries.push({ seq: seqOf(room, json), json });
      entries.sort((left, right) => left.seq - right.seq);
    }
    return { epoch, head, entries: entries.slice(0, limit) };
  };

  await channels.subscribe(epochChannel);

  return {
    append: (message) =>
      waits.ask(async () => {
        const { room, sender, id, storedAs = id } = message;
        const { seq, log, channel } = keysOf(room);
        const at = Date.now();
        const { before, after } = messageJson(message, at);
        const dedupe = dedupeOf(room, sender, storedAs);
        const reply = await store.rtopsAppend(
          ...[dedupe, seq, log, before, after, at, dedupeTtlSec, keep, channel],
        );
        if (typeof reply === 'number') return { seq: reply, at, duplicate: false };
        return earlier(reply);
      }),
    find: ({ room, sender, id }) =>
      waits.ask(async () => {
        const reply = await store.get(dedupeOf(room, sender, id));
        return reply === null ? undefined : earlier(reply);
      }),
    heads: (rooms) =>
      waits.ask(async () => {
        const chunks: Promise<(string | null)[]>[] = [];
        const epoch = currentEpoch();
        for (let from = 0; from < rooms.length; from += headsAtOnce) {
          chunks.push(
            store.mget(rooms.slice(from, from + headsAtOnce).map((room) => keysOf(room).seq)),
          );
        }
        const [current, ...heads] = await Promise.all([epoch, ...chunks]);
        return { epoch: current, heads: heads.flat().map(Number) };
      }),
    read: (room, after, limit) => waits.ask(() => readPage(room, after, limit)),
    remove: (room, seq) =>
      waits.ask(async () => {
        const { head, entries } = await readPage(room, seq - 1, 1);
        const [entry] = entries;
        if (entry?.seq !== seq) return false;
        const { log, removed, channel } = keysOf(room);
        const oldest = Math.max(0, head - 2 * keep);
        await store.rtopsRemove(log, removed, seq, withoutBody(entry.json), channel, oldest);
        return true;
      }),
    renewEpoch: (old) =>
      waits.ask(() => store.rtopsRenewEpoch(epochKey, old, randomUUID(), epochChannel)),
    follow: (room) =>
      waits.ask(async () => {
        followed.add(room);
        try {
          await channels.subscribe(keysOf(room).channel);
        } catch (error) {
          followed.delete(room);
          throw error;
        }
        // Only the list of rooms depends on it.
        store
          .multi()
          .zadd(roomsKey, Date.now(), room)
          .zremrangebyrank(roomsKey, 0, -roomsRemembered - 1)
          .exec()
          .catch(() => {});
      }),
    unfollow: (room) => {
      followed.delete(room);
      channels.unsubscribe(keysOf(room).channel).catch(() => {});
    },
    listen: (one) => {
      listener = one;
    },
    rooms: (limit) => waits.ask(() => store.zrevrange(roomsKey, 0, limit - 1)),
    up: () => pulse.up(),
    close: async () => {
      clearInterval(ping);
      channels.disconnect();
    },
  };
}

function earlier(reply: string): { seq: number; at: number; duplicate: true } {
  const [seq, at] = reply.split(':');
  return { seq: Number(seq), at: Number(at), duplicate: true };
}

/** The time in a message's JSON, which ends with it: see {@link messageJson}. */
function takenAt(json: string): number {
  return Number(json.slice(json.lastIndexOf(':') + 1, -1));
}

/** The seq in a message's JSON, found by place: see {@link messageJson}. */
function seqOf(room: string, json: string): number {
  const from = '{"room":"","seq":'.length + room.length;
  return Number(json.slice(from, json.indexOf(',', from)));
}
