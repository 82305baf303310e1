/** The Lua of the Redis log. One script is one atom, in memory and in the append-only file. */
import type { Redis } from 'ioredis';

/**
 * KEYS dedupe, seq, log. ARGV json before the seq, json after it, at, dedupe TTL s, keep, channel.
 * Answers the new seq (a number), or "seq:at" (text) of the earlier store of the same message.
 * XADD goes first among the writes: if it is refused, nothing was changed.
 */
const append = `
local known = redis.call('GET', KEYS[1])
if known then return known end
local seq = (redis.call('GET', KEYS[2]) or 0) + 1
local json = ARGV[1] .. seq .. ARGV[2]
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], seq .. '-0', 'm', json)
redis.call('SET', KEYS[2], seq)
redis.call('SET', KEYS[1], seq .. ':' .. ARGV[3], 'EX', ARGV[4])
redis.call('PUBLISH', ARGV[6], json)
return seq`;

/**
 * KEYS seq, log, removed. ARGV after, limit. Answers the head, the messages above after, and
 * the removed ones above it (they stand apart: a stream entry cannot be changed in place).
 */
const read = `
local head = tonumber(redis.call('GET', KEYS[1]) or 0)
local found = redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
local out = {}
for i = 1, #found do out[i] = found[i][2][2] end
return {head, out, redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])}`;

/** KEYS log, removed. ARGV seq, the message without its body, channel, oldest seq worth keeping. */
const remove = `
if redis.call('XDEL', KEYS[1], ARGV[1] .. '-0') == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[4])
redis.call('PUBLISH', ARGV[3], '-' .. ARGV[1])
return 1`;

/** KEYS epoch. ARGV the epoch to end, the next one, channel. Answers the one that holds now. */
const renewEpoch = `
local current = redis.call('GET', KEYS[1])
if current and current ~= ARGV[1] then return current end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[2])
return ARGV[2]`;

type Argument = string | number;
type Scripted = {
  rtopsAppend(...keysAndArgs: Argument[]): Promise<number | string>;
  rtopsRead(...keysAndArgs: Argument[]): Promise<readonly [number, string[], string[]]>;
  rtopsRemove(...keysAndArgs: Argument[]): Promise<number>;
  rtopsRenewEpoch(...keysAndArgs: Argument[]): Promise<string>;
};

/** The client with the scripts as commands. They travel as their hash after the first use. */
export function withLogScripts(client: Redis): Redis & Scripted {
  client.defineCommand('rtopsAppend', { lua: append, numberOfKeys: 3 });
  client.defineCommand('rtopsRead', { lua: read, numberOfKeys: 3 });
  client.defineCommand('rtopsRemove', { lua: remove, numberOfKeys: 2 });
  client.defineCommand('rtopsRenewEpoch', { lua: renewEpoch, numberOfKeys: 1 });
  return client as Redis & Scripted;
}
