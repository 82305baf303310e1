/** Undoes what a killed rtops left behind in a folder. Idempotent. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { World } from '../world.ts';
import { became } from './became.ts';
import { clearJournal, undoOpenFaults } from './faults/journal.ts';
import { readPidFiles, removePidFile } from './launch.ts';
import {
  commandOf,
  groupMembers,
  isAlive,
  markedProcesses,
  startTimeOf,
  worksInside,
} from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { removeStaleRuns } from './run-targets.ts';
import { signalGroup, signalProcess } from './signals.ts';
import type { StateFolder } from './state-folder.ts';
import { removePrivateFiles } from './private-files.ts';
import { readSystemState, removeSystemState } from './system-state.ts';

/** A process that was ended. */
export type Healed = { readonly name: string; readonly pid: number; readonly command: string };

const askedMs = 3000;
const killedMs = 5000;

/**
 * Undoes faults that nobody will undo any more, ends the recorded processes that still run, and
 * removes the records. The caller holds the folder's lock, so nobody supervises them. A process is touched only when its start time is the
 * recorded one and it works inside the state folder: a reused pid is left alone.
 */
export async function healFolder(world: World, folder: StateFolder): Promise<readonly Healed[]> {
  await undoOpenFaults(folder.dir, world.clock.now());
  clearJournal(folder.dir);
  removeStaleRuns(folder.dir);
  const left = leftovers(folder);
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
  removeRecords(folder);
  return healed;
}

type Leftover = ProcessIdentity & { readonly name: string; readonly group: number };

/** Leaders by state, pid file or marker, and members of groups whose leader is dead. */
export function leftovers(folder: StateFolder): readonly Leftover[] {
  // The marker first: a process that becomes its service meanwhile has written its pid file.
  const marked = markedProcesses(folder.dir).map((process) => ({ name: 'unrecorded', ...process }));
  const recorded = [...recordedByState(folder), ...readPidFiles(folder)];
  const found = new Map<number, Leftover>();
  for (const process of [...recorded, ...marked]) {
    if (found.has(process.pid) || !isAlive(process) || !worksInside(process.pid, folder.dir))
      continue;
    found.set(process.pid, { ...process, group: process.pid });
  }
  for (const { name, pid: group } of recorded) {
    // A leader that lives but is not the recorded one leads somebody else's group.
    if (startTimeOf(group) !== undefined && !found.has(group)) continue;
    for (const pid of groupMembers(group)) {
      const startTime = startTimeOf(pid);
      if (found.has(pid) || startTime === undefined || !worksInside(pid, folder.dir)) continue;
      found.set(pid, { name, pid, startTime, group });
    }
  }
  return [...found.values()];
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
