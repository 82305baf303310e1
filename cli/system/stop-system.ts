/** Stops what is up in a folder, from any shell. */
import { existsSync, rmSync } from 'node:fs';

import type { World } from '../world.ts';
import { undoOpenFaults } from './faults/journal.ts';
import { readLockHolder, takeFolderLock } from './folder-lock.ts';
import { healFolder } from './heal-folder.ts';
import type { Healed } from './heal-folder.ts';
import { isAlive } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { signalProcess } from './signals.ts';
import { stateFolder } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { readSystemState } from './system-state.ts';

export type Stopped = {
  /** The supervisor that was asked to stop; `undefined` when none was alive. */
  readonly supervisor: ProcessIdentity | undefined;
  /** What nobody supervised and was ended. */
  readonly healed: readonly Healed[];
};

/** The graces of nginx, a server and Redis one after the other, and some. */
const supervisorStopsWithinMs = 55_000;
const lookEveryMs = 20;

/** Who supervises a system in this folder now, be it starting, ready or stopping. */
export function aliveSupervisor(folder: StateFolder): ProcessIdentity | undefined {
  return [readLockHolder(folder.lockFile), readSystemState(folder)?.supervisor].find(
    (candidate) => candidate !== undefined && isAlive(candidate),
  );
}

/** Asks the supervisor to stop, waits until it is gone, and ends whatever it left. */
export async function stopSystem(
  world: World,
  options: { readonly removeData: boolean },
): Promise<Stopped> {
  const folder = stateFolder(world.cwd);
  const supervisor = aliveSupervisor(folder);
  if (supervisor !== undefined) {
    signalProcess(supervisor.pid, 'SIGTERM');
    signalProcess(supervisor.pid, 'SIGCONT');
    await gone(world, supervisor, supervisorStopsWithinMs);
    if (isAlive(supervisor)) signalProcess(supervisor.pid, 'SIGKILL');
    await gone(world, supervisor, supervisorStopsWithinMs);
  }
  const healed = await healIfUnsupervised(world);
  if (options.removeData) rmSync(folder.dataDir, { recursive: true, force: true });
  return { supervisor, healed: healed.kind === 'healed' ? healed.ended : [] };
}

export type HealAttempt =
  | {
      readonly kind: 'healed';
      readonly ended: readonly Healed[];
      /** Faults of a killed rtops, as written, that were undone. */
      readonly undone: readonly string[];
    }
  | {
      readonly kind: 'supervised';
      readonly supervisor: ProcessIdentity;
      readonly undone: readonly string[];
    };

/**
 * Undoes the faults of a dead rtops in any case; ends what is left in the folder unless somebody
 * alive looks after it.
 */
export async function healIfUnsupervised(world: World): Promise<HealAttempt> {
  const folder = stateFolder(world.cwd);
  if (!existsSync(folder.dir)) return { kind: 'healed', ended: [], undone: [] };
  const undone = await undoOpenFaults(folder.dir, world.clock.now());
  const supervisor = aliveSupervisor(folder);
  if (supervisor !== undefined) return { kind: 'supervised', supervisor, undone };
  const lock = takeFolderLock(folder.lockFile);
  if (lock.kind === 'busy') return { kind: 'supervised', supervisor: lock.holder, undone };
  try {
    return { kind: 'healed', ended: await healFolder(world, folder), undone };
  } finally {
    lock.release();
  }
}

async function gone(world: World, process: ProcessIdentity, withinMs: number): Promise<void> {
  const deadline = world.clock.now() + withinMs;
  while (isAlive(process) && world.clock.now() < deadline) await world.clock.sleep(lookEveryMs);
}
