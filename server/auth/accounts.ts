/** Where accounts and live refresh tokens are kept. Two adapters: memory and Redis. */
import type { Role } from '../contract.ts';

export type Account = { readonly name: string; readonly passwordHash: string; readonly role: Role };

export type Accounts = {
  /** False when the name is taken. */
  create(account: Account): Promise<boolean>;
  find(name: string): Promise<Account | undefined>;
  /** Opens a family, the chain of refresh tokens of one sign-in. One of a family is live: `jti`. */
  openFamily(family: string, jti: string, ttlSec: number): Promise<void>;
  /**
   * True when `spent` was the live one; `next` is then. Any other of a family that is open means
   * that two parties hold its tokens: the family is closed, and none of its tokens is worth anything
   * (RFC 9700, section 4.14.2).
   */
  rotateRefresh(family: string, spent: string, next: string, ttlSec: number): Promise<boolean>;
};

export function memoryAccounts(): Accounts {
  const accounts = new Map<string, Account>();
  /** In the order of their last rotation, so that the first ends first. */
  const families = new Map<string, { readonly live: string; readonly endsAt: number }>();
  const keep = (family: string, live: string, ttlSec: number): void => {
    const now = Date.now();
    for (const [old, { endsAt }] of families) {
      if (endsAt > now) break;
      families.delete(old);
    }
    families.delete(family);
    families.set(family, { live, endsAt: now + ttlSec * 1000 });
  };
  return {
    create: async (account) => {
      if (accounts.has(account.name)) return false;
      accounts.set(account.name, account);
      return true;
    },
    find: async (name) => accounts.get(name),
    openFamily: async (family, jti, ttlSec) => keep(family, jti, ttlSec),
    rotateRefresh: async (family, spent, next, ttlSec) => {
      const isLive = families.get(family)?.live === spent;
      if (isLive) keep(family, next, ttlSec);
      else families.delete(family);
      return isLive;
    },
  };
}
