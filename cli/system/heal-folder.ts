/** Undoes what a killed rtops left behind in a folder. Idempotent. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { became } from './became.ts';
import { clearJournal, undoOpenFaults } from './faults/journal.ts';
import { readPidFiles, removePidFile } from './launch.ts';
import {
  commandOf,
  groupMembers,
  isAlive,
  markedProcesses,
  placeOf,
  startTimeOf,
  worksInside,
} from './process-identity.ts';
import { ownerOf, refuseOthersFolder } from './others-folder.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { removeStaleRuns } from './run-targets.ts';
import { asItsUser, signalGroup, signalProcess } from './signals.ts';
import type { StateFolder } from './state-folder.ts';
import { removePrivateFiles } from './private-files.ts';
import { readSystemState, removeSystemState } from './system-state.ts';

/** A process that was ended. */
export type Healed = { readonly name: string; readonly pid: number; readonly command: string };

const askedMs = 3000;
const killedMs = 5000;

/**
 * Undoes faults that nobody will undo any more, ends the recorded processes that still run, and
 * removes the records. The caller holds the folder's lock, so nobody supervises them. A process is
 * touched only when its start time is the recorded one and it works inside the state folder: a reused
 * pid is left alone. Throws 120 when one is left that this user may not end, or may not see.
 */
export async function healFolder(world: World, folder: StateFolder): Promise<readonly Healed[]> {
  refuseOthersFolder(folder);
  await undoOpenFaults(folder.dir, world.clock.now());
  clearJournal(folder.dir);
  removeStaleRuns(folder.dir);
  const { own: left, others } = leftovers(folder);
  const healed = left.map(({ name, pid }) => ({ name, pid, command: commandOf(pid) }));
  for (const { name, pid } of left) {
    // Only Redis has something to put in order; a drain that nobody waits for helps no client.
    signalProcess(pid, name === 'redis' ? 'SIGTERM' : 'SIGKILL');
    signalProcess(pid, 'SIGCONT');
  }
  await became(world, askedMs, () => !left.some(isAlive));
  for (const process of left) if (isAlive(process)) signalProcess(process.pid, 'SIGKILL');
  for (const { group } of left) buryGroup(folder, group);
  await became(world, killedMs, () => !left.some(isAlive));
  const still = [...left, ...others].filter(isAlive);
  // The records stay: without them nobody would find what is still there.
  if (still.length > 0) throw cannotEnd(still, others, healed);
  removeRecords(folder);
  return healed;
}

type Leftover = ProcessIdentity & { readonly name: string; readonly group: number };

export type Leftovers = {
  /** They work in the folder. */
  readonly own: readonly Leftover[];
  /** Recorded, alive, and another user's: where they work this one may not see, so they are left alone. */
  readonly others: readonly Leftover[];
};

function cannotEnd(
  still: readonly Leftover[],
  others: readonly Leftover[],
  healed: readonly Healed[],
): Failure {
  const ended = healed.filter(({ pid }) => !still.some((one) => one.pid === pid));
  const what = still.length === 1 ? 'a process' : `${still.length} processes`;
  return new Failure(
    exitCode.notReady,
    `${what} that a killed rtops left here could not be ended`,
    {
      why:
        others.length === 0
          ? 'no signal has ended it'
          : 'it is of another user, and this one may neither look at it nor end it',
      evidence: [
        ...still.map(({ name, pid }) => `${name} (pid ${pid})${ownerOf(`/proc/${pid}`)}`),
        ...ended.map(({ name, pid }) => `ended ${name} (pid ${pid})`),
      ],
      next: others.length === 0 ? `ps -o stat,wchan -p ${still[0]?.pid}` : asItsUser,
    },
  );
}

/** Leaders by state, pid file or marker, and members of groups whose leader is dead. */
export function leftovers(folder: StateFolder): Leftovers {
  // The marker first: a process that becomes its service meanwhile has written its pid file.
  const marked = markedProcesses(folder.dir).map((process) => ({ name: 'unrecorded', ...process }));
  const recorded = [...recordedByState(folder), ...readPidFiles(folder)];
  const own = new Map<number, Leftover>();
  const others = new Map<number, Leftover>();
  const note = (one: Leftover): void => {
    const place = placeOf(one.pid, folder.dir);
    if (place !== 'elsewhere') (place === 'inside' ? own : others).set(one.pid, one);
  };
  const isNoted = (pid: number): boolean => own.has(pid) || others.has(pid);
  for (const process of [...recorded, ...marked]) {
    if (!isNoted(process.pid) && isAlive(process)) note({ ...process, group: process.pid });
  }
  for (const { name, pid: group } of recorded) {
    // A leader that lives but is not the recorded one leads somebody else's group.
    if (startTimeOf(group) !== undefined && !isNoted(group)) continue;
    for (const pid of groupMembers(group)) {
      const startTime = startTimeOf(pid);
      if (!isNoted(pid) && startTime !== undefined) note({ name, pid, startTime, group });
    }
  }
  return { own: [...own.values()], others: [...others.values()] };
}

function recordedByState(folder: StateFolder) {
  return (readSystemState(folder)?.services ?? []).flatMap(({ name, pid, startTime }) =>
    pid === null || startTime === null ? [] : [{ name, pid, startTime }],
  );
}

/** Kills what the leader left in its group. */
function buryGroup(folder: StateFolder, group: number): void {
  const members = groupMembers(group);
  if (members.length > 0 && members.every((pid) => worksInside(pid, folder.dir))) {
    signalGroup(group, 'SIGKILL');
  }
}

function removeRecords(folder: StateFolder): void {
  for (const { name } of readPidFiles(folder)) removePidFile(folder, name);
  removePrivateFiles(folder);
  removeSystemState(folder);
  for (const file of readdirSync(folder.dir)) {
    // Half-written files of a process that was killed between writing and renaming.
    if (/^state\.json\.\d+\.tmp$/.test(file)) rmSync(join(folder.dir, file), { force: true });
  }
}
