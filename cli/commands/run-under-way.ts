/** Runs of this folder without a report: the one that is under way, and those whose rtops was killed. */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

import { readLockHolder } from '../system/folder-lock.ts';
import { isAlive } from '../system/process-identity.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { StateFolder } from '../system/state-folder.ts';
import { readSystemState } from '../system/system-state.ts';
import type { SystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';
import { readRunProcess } from './run-start.ts';

export type RunUnderWay = {
  /** `null`: its folder is not among this folder's runs (`--run-dir`). */
  readonly id: string | null;
  /** It loads what is up in this folder. Else it loads another system (`--url`). */
  readonly loadsWhatIsUp: boolean;
};

/** A run that ended without a report: its rtops was killed, or failed. */
export type KilledRun = {
  readonly id: string;
  readonly dir: string;
  /** When its folder was last written to, ms since 1970. */
  readonly lastWriteMs: number;
};

/** A run that has begun notes its process within this. */
const livingWithinMs = 5000;

/**
 * A run that was killed leaves a folder without a report as well. So a process must stand for it: who
 * holds the lock on what is up, or the supervisor, when it is the run's own. A run on a system of
 * somebody else has neither: it counts while the rtops lives that it noted as its own.
 */
export function findRunUnderWay(world: World): RunUnderWay | undefined {
  const folder = stateFolder(world.cwd);
  const lockedMs = lockedSinceMs(folder);
  const state = readSystemState(folder);
  const up = state !== undefined && isAlive(state.supervisor) ? state : undefined;
  for (const run of openRuns(folder.runsDir)) {
    const loadsWhatIsUp =
      lockedMs === undefined ? up !== undefined && isOwner(run, up) : run.lastEventMs >= lockedMs;
    if (loadsWhatIsUp || (!run.onOwnSystem && isMade(world, folder, run))) {
      return { id: run.id, loadsWhatIsUp };
    }
  }
  return lockedMs === undefined ? undefined : { id: null, loadsWhatIsUp: true };
}

/** Whether its rtops lives; of one that has not noted it yet, whether it was written just now. */
function isMade(world: World, { runsDir }: StateFolder, { id, lastEventMs }: OpenRun): boolean {
  const maker = readRunProcess(join(runsDir, id));
  if (maker !== undefined) return isAlive(maker);
  return world.clock.now() - lastEventMs < livingWithinMs;
}

/** Whether the run in a folder without a report goes on, wherever that is: `--run-dir`. */
export function goesOn(world: Pick<World, 'cwd'>, run: string): boolean {
  const dir = resolve(world.cwd, run);
  const maker = namesIn(dir).includes('report.json') ? undefined : readRunProcess(dir);
  return maker !== undefined && isAlive(maker);
}

/**
 * The run of that name, where it was killed; without a name the newest in this folder, where none that
 * is newer has a report.
 */
export function findKilledRun(world: World, named: string | undefined): KilledRun | undefined {
  const { runsDir } = stateFolder(world.cwd);
  const underWay = findRunUnderWay(world)?.id;
  const ids = namesIn(runsDir).toSorted((a, b) => (a < b ? 1 : -1));
  const dirs =
    named === undefined
      ? ids.filter((id) => id !== underWay).map((id) => join(runsDir, id))
      : [resolve(world.cwd, named), join(runsDir, named)];
  for (const dir of dirs) {
    const names = namesIn(dir);
    if (names.includes('report.json')) return undefined;
    if (!names.includes('scenario.yaml') || basename(dir) === underWay) continue;
    if (goesOn(world, dir)) continue;
    const written = [join(dir, 'events.jsonl'), ...filesIn(join(dir, 'history'))];
    return { id: basename(dir), dir, lastWriteMs: Math.max(...written.map(writtenMs)) };
  }
  return undefined;
}

/** "run 2026… was killed, or failed, at 20:41:07 UTC and left no report". */
export function killedAt({ id, lastWriteMs }: KilledRun): string {
  const time = new Date(lastWriteMs).toISOString().slice(11, 19);
  return `run ${id} was killed, or failed, at ${time} UTC and left no report`;
}

type OpenRun = {
  readonly id: string;
  readonly lastEventMs: number;
  /** Of a topology: whoever loads it holds the lock, or supervises it. */
  readonly onOwnSystem: boolean;
};

/** Runs that began and have no report, the newest first. */
function openRuns(runsDir: string): readonly OpenRun[] {
  return namesIn(runsDir)
    .toSorted((a, b) => (a < b ? 1 : -1))
    .flatMap((id): readonly OpenRun[] => {
      const names = namesIn(join(runsDir, id));
      if (names.includes('report.json') || !names.includes('scenario.yaml')) return [];
      const events = statSync(join(runsDir, id, 'events.jsonl'), { throwIfNoEntry: false });
      return events === undefined
        ? []
        : [{ id, lastEventMs: events.mtimeMs, onOwnSystem: names.includes('topology.yaml') }];
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

function filesIn(dir: string): readonly string[] {
  return namesIn(dir).map((name) => join(dir, name));
}

function writtenMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
