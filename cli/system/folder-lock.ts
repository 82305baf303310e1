/** One supervisor a folder, and one bench on what is up in it. A lock names its holder; a holder that is dead does not count. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

import { isAlive, selfIdentity } from './process-identity.ts';
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

/** Takes the lock for this process, over a dead holder's if need be. Never waits. */
export function takeFolderLock(lockFile: string): LockAttempt {
  const self = selfIdentity();
  const beside = `${lockFile}.${process.pid}`;
  writeFileSync(beside, JSON.stringify(self));
  try {
    for (;;) {
      // A link appears with its content, or not at all: nobody reads an empty lock.
      if (linked(beside, lockFile)) {
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
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Who holds the lock, dead or alive; `undefined` when nobody does. */
export function readLockHolder(lockFile: string): ProcessIdentity | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(lockFile, 'utf8'));
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
  } catch {
    return;
  }
  const moved = readLockHolder(aside);
  if (moved !== undefined && isAlive(moved)) linked(aside, lockFile);
  rmSync(aside, { force: true });
}

function sameIdentity(one: ProcessIdentity | undefined, other: ProcessIdentity): boolean {
  return one?.pid === other.pid && one.startTime === other.startTime;
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startTime' in value &&
    typeof value.startTime === 'string'
  );
}
