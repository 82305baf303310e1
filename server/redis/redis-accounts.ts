import type { Redis } from 'ioredis';
import type { Account, Accounts } from '../auth/accounts.ts';
import type { Patience } from './patience.ts';

/** Accounts that all nodes share. */
export function redisAccounts(client: Redis, waits: Patience): Accounts {
  const accountKey = (name: string): string => `rtops:account:${name}`;
  const refreshKey = (jti: string): string => `rtops:refresh:${jti}`;
  return {
    create: async (account) =>
      (await waits.ask(() =>
        client.set(accountKey(account.name), JSON.stringify(account), 'NX'),
      )) === 'OK',
    find: async (name) => {
      const text = await waits.ask(() => client.get(accountKey(name)));
      return text === null ? undefined : (JSON.parse(text) as Account);
    },
    keepRefresh: async (jti, ttlSec) => {
      await waits.ask(() => client.set(refreshKey(jti), '1', 'EX', ttlSec));
    },
    spendRefresh: async (jti) => (await waits.ask(() => client.del(refreshKey(jti)))) === 1,
  };
}
