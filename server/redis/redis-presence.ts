/**
 * Presence over all nodes: one hash per node, room → count, that expires unless its node renews
 * it. A renewal is three commands however many rooms there are; a node that was killed is gone
 * from every count when its hash expires, or at once when it starts again under its name.
 */
import type { Redis } from 'ioredis';
import type { LocalCounts, NodeSessions, Presence } from '../chat/presence.ts';
import type { Patience } from './patience.ts';

const flushEveryMs = 1000;
const fieldsAtOnce = 1000;
const nodesKey = 'rtops:nodes';
/** A node not heard of for this long is off the list. */
const nodeForgottenMs = 24 * 3600 * 1000;
/** Neither can be a room's name. */
const sessionsField = '*';
const wholeField = '#';

const keyOf = (node: string): string => `rtops:{here}:${node}`;

type PresenceOptions = {
  readonly client: Redis;
  readonly waits: Patience;
  readonly node: string;
  /** `undefined`: this node has no connections and only asks. */
  readonly counts: LocalCounts | undefined;
  readonly refreshMs: number;
  readonly ttlMs: number;
};

export function redisPresence(options: PresenceOptions): Presence {
  const { client, waits, node, counts, refreshMs, ttlMs } = options;
  const key = keyOf(node);
  const dirty = new Set<string>();
  /** Rooms that stand in the hash. */
  const written = new Set<string>();
  let sessionsWritten = -1;
  let whole = true;
  let refreshAt = 0;
  let flushing: Promise<void> | undefined;

  const flush = async (local: LocalCounts): Promise<void> => {
    const now = performance.now();
    if (now >= refreshAt && !whole) {
      // A Redis that forgot, or was away for longer than the hash lives.
      whole = (await waits.ask(() => client.hexists(key, wholeField))) === 0;
    }
    const sessions = local.sessions();
    if (!whole && dirty.size === 0 && sessions === sessionsWritten && now < refreshAt) return;
    const rooms = whole ? new Set([...written, ...dirty]) : new Set(dirty);
    dirty.clear();
    const set: string[] = [sessionsField, String(sessions), wholeField, '1'];
    const gone: string[] = [];
    for (const room of rooms) {
      const count = local.members(room);
      if (count > 0) {
        set.push(room, String(count));
        written.add(room);
      } else {
        gone.push(room);
        written.delete(room);
      }
    }
    const pipeline = client.pipeline();
    if (whole) pipeline.del(key);
    for (let from = 0; from < set.length; from += 2 * fieldsAtOnce) {
      pipeline.hset(key, ...set.slice(from, from + 2 * fieldsAtOnce));
    }
    for (let from = 0; from < gone.length; from += fieldsAtOnce) {
      pipeline.hdel(key, ...gone.slice(from, from + fieldsAtOnce));
    }
    pipeline.pexpire(key, ttlMs);
    pipeline.zadd(nodesKey, Date.now(), node);
    pipeline.zremrangebyscore(nodesKey, '-inf', Date.now() - nodeForgottenMs);
    try {
      await waits.ask(async () => {
        for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
      });
      whole = false;
      sessionsWritten = sessions;
      refreshAt = now + refreshMs;
    } catch {
      // Some of it may stand: written anew when Redis answers.
      whole = true;
      for (const room of rooms) dirty.add(room);
    }
  };

  const flushSoon = (): void => {
    if (counts === undefined || flushing !== undefined) return;
    flushing = flush(counts)
      .catch(() => {})
      .finally(() => {
        flushing = undefined;
      });
  };
  const timer = counts === undefined ? undefined : setInterval(flushSoon, flushEveryMs);

  /** One field of every node's hash, by node; this node's own share is not read back. */
  const others = async (field: string): Promise<readonly (readonly [string, number])[]> =>
    waits.ask(async () => {
      const names = (await client.zrange(nodesKey, '0', '-1')).filter(
        (name) => counts === undefined || name !== node,
      );
      const replies = await Promise.all(names.map((name) => client.hget(keyOf(name), field)));
      return names.flatMap((name, index) => {
        const reply = replies[index];
        return typeof reply === 'string' ? [[name, Number(reply)] as const] : [];
      });
    });

  return {
    touched: (room) => {
      dirty.add(room);
    },
    members: async (room) => {
      const rest = await others(room);
      return rest.reduce((sum, [, count]) => sum + count, counts?.members(room) ?? 0);
    },
    nodes: async () => {
      const rest = (await others(sessionsField)).map(([name, sessions]): NodeSessions => ({
        node: name,
        sessions,
      }));
      return counts === undefined ? rest : [{ node, sessions: counts.sessions() }, ...rest];
    },
    close: async () => {
      clearInterval(timer);
      if (counts === undefined) return;
      await flushing;
      await waits
        .ask(() => client.multi().del(key).zrem(nodesKey, node).exec())
        .catch(() => {
          // It expires.
        });
    },
  };
}
