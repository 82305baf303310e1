/** Where accounts and live refresh tokens are kept. Two adapters: memory and Redis. */
import type { Role } from '../contract.ts';

export type Account = { readonly name: string; readonly passwordHash: string; readonly role: Role };

export type Accounts = {
  /** False when the name is taken. */
  create(account: Account): Promise<boolean>;
  find(name: string): Promise<Account | undefined>;
  keepRefresh(jti: string, ttlSec: number): Promise<void>;
  /** True once per kept token: rotation spends it, so a stolen old one is worth nothing. */
  spendRefresh(jti: string): Promise<boolean>;
};

export function memoryAccounts(): Accounts {
  const accounts = new Map<string, Account>();
  /** Token id to the time it ends, in the order they were issued (so the oldest ends first). */
  const refreshes = new Map<string, number>();
  return {
    create: async (account) => {
      if (accounts.has(account.name)) return false;
      accounts.set(account.name, account);
      return true;
    },
    find: async (name) => accounts.get(name),
    keepRefresh: async (jti, ttlSec) => {
      const now = Date.now();
      for (const [old, endsAt] of refreshes) {
        if (endsAt > now) break;
        refreshes.delete(old);
      }
      refreshes.set(jti, now + ttlSec * 1000);
    },
    spendRefresh: async (jti) => refreshes.delete(jti),
  };
}
