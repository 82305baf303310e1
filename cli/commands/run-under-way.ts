/** Which run is under way in this folder: its logs are those of what is up, and no report names it yet. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { readLockHolder } from '../system/folder-lock.ts';
import { isAlive } from '../system/process-identity.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { StateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import type { SystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';

export type RunUnderWay = {
  /** `null`: its folder is not among this folder's runs (`--run-dir`). */
  readonly id: string | null;
  /** It loads what is up in this folder. Else it loads another system, or has just been killed. */
  readonly loadsWhatIsUp: boolean;
};

/** A run writes an event a second: one of so long ago and somebody is at it. */
const livingWithinMs = 5000;

/**
 * A run that was killed leaves a folder without a report as well. So a process must stand for it: who
 * holds the lock on what is up, or the supervisor, when it is the run's own; else only what is being
 * written this moment counts.
 */
export function findRunUnderWay(world: World): RunUnderWay | undefined {
  const folder = stateFolder(world.cwd);
  const lockedMs = lockedSinceMs(folder);
  const state = readSystemState(folder);
  const up = state !== undefined && isAlive(state.supervisor) ? state : undefined;
  for (const run of openRuns(folder.runsDir)) {
    const loadsWhatIsUp =
      lockedMs === undefined ? up !== undefined && isOwner(run, up) : run.lastEventMs >= lockedMs;
    if (loadsWhatIsUp || world.clock.now() - run.lastEventMs < livingWithinMs) {
      return { id: run.id, loadsWhatIsUp };
    }
  }
  return lockedMs === undefined ? undefined : { id: null, loadsWhatIsUp: true };
}

type OpenRun = { readonly id: string; readonly lastEventMs: number };

/** Runs that began and have no report, the newest first. */
function openRuns(runsDir: string): readonly OpenRun[] {
  return namesIn(runsDir)
    .toSorted((a, b) => (a < b ? 1 : -1))
    .flatMap((id): readonly OpenRun[] => {
      const names = namesIn(join(runsDir, id));
      if (names.includes('report.json') || !names.includes('scenario.yaml')) return [];
      const events = statSync(join(runsDir, id, 'events.jsonl'), { throwIfNoEntry: false });
      return events === undefined ? [] : [{ id, lastEventMs: events.mtimeMs }];
    });
}

/** Since when a living process loads what is up. */
function lockedSinceMs({ benchLockFile }: StateFolder): number | undefined {
  const holder = readLockHolder(benchLockFile);
  if (holder === undefined || !isAlive(holder)) return undefined;
  return lstatSync(benchLockFile, { throwIfNoEntry: false })?.mtimeMs;
}

/** A run that starts a system for itself has its folder first, and goes on while the system is up. */
function isOwner({ id, lastEventMs }: OpenRun, { startedAtMs }: SystemState): boolean {
  const stamp = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(id);
  if (stamp === null) return false;
  const [, year, month, day, hour, minute, second] = stamp;
  const madeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return madeMs <= startedAtMs && lastEventMs >= startedAtMs;
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
