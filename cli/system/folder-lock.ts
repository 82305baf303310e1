/** One supervisor a folder, and one bench on what is up in it. A lock names its holder; a holder that is dead does not count. */
import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';

import { isAlive, isIdentity, selfIdentity } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** Got it, with the way to give it back; or who has it. */
export type LockAttempt =
  | {
      readonly kind: 'held';
      readonly release: () => void;
      /** `false` once somebody removed the lock, or the folder. */
      readonly stillHeld: () => boolean;
    }
  | { readonly kind: 'busy'; readonly holder: ProcessIdentity };

/**
 * Takes the lock for this process, over a dead holder's if need be. Never waits. A link that says who
 * holds it: it appears whole or not at all, and a full disk has room for it, so that `down` and
 * `heal` work there too.
 */
export function takeFolderLock(lockFile: string): LockAttempt {
  const self = selfIdentity();
  for (;;) {
    if (linked(JSON.stringify(self), lockFile)) {
      const stillHeld = () => sameIdentity(readLockHolder(lockFile), self);
      const release = () => {
        if (stillHeld()) rmSync(lockFile, { force: true });
      };
      return { kind: 'held', release, stillHeld };
    }
    const holder = readLockHolder(lockFile);
    if (holder !== undefined && isAlive(holder)) return { kind: 'busy', holder };
    removeStale(lockFile);
  }
}

/** Who holds the lock, dead or alive; `undefined` when nobody does. */
export function readLockHolder(lockFile: string): ProcessIdentity | undefined {
  try {
    const holder: unknown = JSON.parse(readlinkSync(lockFile));
    return isIdentity(holder) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Moves the lock aside and looks at what was moved: between our look and the move a living process
 * may have taken it, and then it is put back.
 */
function removeStale(lockFile: string): void {
  const aside = `${lockFile}.stale.${process.pid}`;
  try {
    renameSync(lockFile, aside);
  } catch (error) {
    // Somebody else was quicker. Anything else would fail again, and for ever.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readLockHolder(aside);
  if (moved !== undefined && isAlive(moved)) linked(JSON.stringify(moved), lockFile);
  rmSync(aside, { force: true });
}

function sameIdentity(one: ProcessIdentity | undefined, other: ProcessIdentity): boolean {
  return one?.pid === other.pid && one.startTime === other.startTime;
}

/** `false` when the lock is there. */
function linked(text: string, lockFile: string): boolean {
  try {
    symlinkSync(text, lockFile);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
