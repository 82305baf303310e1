/** The limiter all nodes share: the last sends of each user in one short list. */
import type { Redis } from 'ioredis';
import type { SendLimiter } from '../chat/send-limit.ts';
import type { SendLimit } from '../config.ts';
import type { Patience } from './patience.ts';

/**
 * KEYS sends of the user, the newest first. ARGV count, window ms. Answers 0, or the ms to wait.
 * Redis' own clock: nodes' clocks differ. It may be set back: what was sent later than now counts for
 * nothing, or its user would be kept out until then.
 */
const take = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = tonumber(redis.call('LINDEX', KEYS[1], ARGV[1] - 1) or '')
if oldest and oldest <= now and now - oldest < tonumber(ARGV[2]) then return ARGV[2] - (now - oldest) end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, ARGV[1] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0`;

type Scripted = { rtopsTake(key: string, count: number, windowMs: number): Promise<number> };

export function redisLimiter(
  client: Redis,
  waits: Patience,
  { count, windowMs }: SendLimit,
): SendLimiter {
  client.defineCommand('rtopsTake', { lua: take, numberOfKeys: 1 });
  const scripted = client as Redis & Scripted;
  return {
    take: (user) => waits.ask(() => scripted.rtopsTake(`rtops:sends:${user}`, count, windowMs)),
    close: () => {},
  };
}
