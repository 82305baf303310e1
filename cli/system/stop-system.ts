/** Stops what is up in a folder, from any shell. */
import { existsSync, rmSync } from 'node:fs';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { became } from './became.ts';
import { undoOpenFaults } from './faults/journal.ts';
import { readLockHolder, takeFolderLock } from './folder-lock.ts';
import { healFolder } from './heal-folder.ts';
import type { Healed } from './heal-folder.ts';
import { commandOf, isAlive } from './process-identity.ts';
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
const killedWithinMs = 5000;

/** Who supervises a system in this folder now, be it starting, ready or stopping. */
export function aliveSupervisor(folder: StateFolder): ProcessIdentity | undefined {
  return [readLockHolder(folder.lockFile), readSystemState(folder)?.supervisor].find(
    (candidate) => candidate !== undefined && isAlive(candidate),
  );
}

/**
 * Asks the supervisor to stop, waits until it is gone, and ends whatever it left. Throws 120 when it
 * does not go, and when the data is another system's by the time it was to be removed.
 */
export async function stopSystem(
  world: World,
  options: { readonly removeData: boolean },
): Promise<Stopped> {
  const supervisor = aliveSupervisor(stateFolder(world.cwd));
  if (supervisor !== undefined) await endSupervisor(world, supervisor);
  const healed = await healIfUnsupervised(world, options);
  if (healed.kind === 'healed') return { supervisor, healed: healed.ended };
  if (!options.removeData) return { supervisor, healed: [] };
  const { pid } = healed.supervisor;
  throw new Failure(exitCode.notReady, 'the data was not removed', {
    why: `pid ${pid} (${commandOf(pid)}) took the folder meanwhile, and its system may use it`,
    next: 'rtops ps',
  });
}

async function endSupervisor(world: World, supervisor: ProcessIdentity): Promise<void> {
  const { pid } = supervisor;
  const isGone = () => !isAlive(supervisor);
  const asked = signalProcess(pid, 'SIGTERM');
  signalProcess(pid, 'SIGCONT');
  if (asked && !(await became(world, supervisorStopsWithinMs, isGone))) {
    signalProcess(pid, 'SIGKILL');
    await became(world, killedWithinMs, isGone);
  }
  if (isGone()) return;
  throw new Failure(exitCode.notReady, 'what is up in this folder could not be stopped', {
    why: `pid ${pid} (${commandOf(pid)}) looks after it and ${asked ? 'outlived SIGKILL' : 'takes no signal from this user'}`,
    next: asked ? `ps -o stat,wchan -p ${pid}` : 'rtops down, as the user who started it',
  });
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
 * Undoes the faults of a dead rtops in any case; ends what is left in the folder, and removes its
 * data where that is asked, unless somebody alive looks after it.
 */
export async function healIfUnsupervised(
  world: World,
  { removeData }: { readonly removeData: boolean } = { removeData: false },
): Promise<HealAttempt> {
  const folder = stateFolder(world.cwd);
  if (!existsSync(folder.dir)) return { kind: 'healed', ended: [], undone: [] };
  const undone = await undoOpenFaults(folder.dir, world.clock.now());
  const supervisor = aliveSupervisor(folder);
  if (supervisor !== undefined) return { kind: 'supervised', supervisor, undone };
  const lock = takeFolderLock(folder.lockFile);
  if (lock.kind === 'busy') return { kind: 'supervised', supervisor: lock.holder, undone };
  try {
    const ended = await healFolder(world, folder);
    // While the lock is ours no other system can begin to use it.
    if (removeData) rmSync(folder.dataDir, { recursive: true, force: true });
    return { kind: 'healed', ended, undone };
  } finally {
    lock.release();
  }
}
