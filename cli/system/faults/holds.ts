/**
 * A fault holds a service down: its supervisor, which may be another process, stands back while
 * `.rtops/holds/<service>` is there. A hold whose holder is dead does not count.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive, isIdentity } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';

export type Hold = {
  readonly holder: ProcessIdentity;
  /** Wall clock, ms since 1970. */
  readonly sinceMs: number;
  /** The fault, as written. */
  readonly why: string;
};

/** Holds the service down; it appears whole or not at all. `stateDir` is `.rtops/`. */
export function takeHold(stateDir: string, service: string, hold: Hold): void {
  mkdirSync(holdsDir(stateDir), { recursive: true });
  const beside = join(holdsDir(stateDir), `.${service}.${process.pid}`);
  writeFileSync(beside, JSON.stringify(hold));
  renameSync(beside, holdFile(stateDir, service));
}

/** Who holds it down now; an orphaned hold is removed and counts as none. */
export function heldBy(stateDir: string, service: string): Hold | undefined {
  const hold = readHold(holdFile(stateDir, service));
  if (hold === undefined || isAlive(hold.holder)) return hold;
  releaseHold(stateDir, service);
  return undefined;
}

/** Harmless when there is none. */
export function releaseHold(stateDir: string, service: string): void {
  rmSync(holdFile(stateDir, service), { force: true });
}

/**
 * Says that a fault asked this process to end, and that a start is owed for it: it may end only after
 * the hold was let go, and then the restart policy has no say in it. Outlives the hold and rtops.
 */
export function oweStart(stateDir: string, service: string, process: ProcessIdentity): void {
  mkdirSync(holdsDir(stateDir), { recursive: true });
  writeFileSync(owedFile(stateDir, service), JSON.stringify(process));
}

/** Whether a start is owed for this process, which has ended; asked once, it is no longer. */
export function takeOwedStart(
  stateDir: string,
  service: string,
  { pid, startTime }: { readonly pid: number | null; readonly startTime: string | null },
): boolean {
  const file = owedFile(stateDir, service);
  try {
    const owed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(file, { force: true });
    return isIdentity(owed) && owed.pid === pid && owed.startTime === startTime;
  } catch {
    return false;
  }
}

function holdsDir(stateDir: string): string {
  return join(stateDir, 'holds');
}

function holdFile(stateDir: string, service: string): string {
  return join(holdsDir(stateDir), service);
}

function owedFile(stateDir: string, service: string): string {
  return join(holdsDir(stateDir), `.owed.${service}`);
}

function readHold(file: string): Hold | undefined {
  try {
    const hold: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isHold(hold) ? hold : undefined;
  } catch {
    return undefined;
  }
}

function isHold(value: unknown): value is Hold {
  return (
    typeof value === 'object' &&
    value !== null &&
    'why' in value &&
    typeof value.why === 'string' &&
    'sinceMs' in value &&
    typeof value.sinceMs === 'number' &&
    'holder' in value &&
    isIdentity(value.holder)
  );
}
