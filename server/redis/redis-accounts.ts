import type { Redis } from 'ioredis';
import type { Account, Accounts } from '../auth/accounts.ts';
import type { Patience } from './patience.ts';

/**
 * KEYS the family, whose value is its live token. ARGV the token spent, the next one, its seconds.
 * One step, so that of two refreshes at the same moment on two nodes one wins.
 */
const rotate = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  return 1
end
redis.call('DEL', KEYS[1])
return 0`;

/** Accounts that all nodes share. */
export function redisAccounts(client: Redis, waits: Patience): Accounts {
  const accountKey = (name: string): string => `rtops:account:${name}`;
  const familyKey = (family: string): string => `rtops:refresh-family:${family}`;
  return {
    create: async (account) =>
      (await waits.ask(() =>
        client.set(accountKey(account.name), JSON.stringify(account), 'NX'),
      )) === 'OK',
    find: async (name) => {
      const text = await waits.ask(() => client.get(accountKey(name)));
      return text === null ? undefined : (JSON.parse(text) as Account);
    },
    openFamily: async (family, jti, ttlSec) => {
      await waits.ask(() => client.set(familyKey(family), jti, 'EX', ttlSec));
    },
    rotateRefresh: async (family, spent, next, ttlSec) =>
      (await waits.ask(() => client.eval(rotate, 1, familyKey(family), spent, next, ttlSec))) === 1,
  };
}
