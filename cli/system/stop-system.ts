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
import { refuseOthersFolder } from './others-folder.ts';
import { commandOf, isAlive } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { signalProcess } from './signals.ts';
import { stateFolder } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { readSystemState } from './system-state.ts';
import type { SystemState } from './system-state.ts';

export type Stopped = {
  /** The supervisor that was asked to stop; `undefined` when none was alive. */
  readonly supervisor: ProcessIdentity | undefined;
  /** What nobody supervised and was ended. */
  readonly healed: readonly Healed[];
};

/** What {@link stopSystem} did, as it does it. */
export type StopStep =
  /**
   * It ends as by Ctrl-C. `own`: it started the system for itself, and writes its report first. Who
   * only loads what is up may be one that writes none (sticky-test).
   */
  | {
      readonly kind: 'run-asked';
      readonly pid: number;
      readonly command: string;
      readonly own: boolean;
      readonly killedAfterMs: number;
    }
  | {
      readonly kind: 'killed';
      readonly pid: number;
      readonly command: string;
      readonly ofRun: boolean;
    };

/** How long is waited before a process is killed. */
export type Patience = {
  /** For a run until it has written its report: it drains, undoes its faults and reads its history. */
  readonly runMs: number;
  /** For a system to stop: the graces of nginx, a server and Redis one after the other, and some. */
  readonly systemMs: number;
};

export type StopOptions = {
  readonly removeData: boolean;
  readonly onStep?: (step: StopStep) => void;
  readonly patience?: Patience;
};

const usualPatience: Patience = { runMs: 300_000, systemMs: 55_000 };
const killedWithinMs = 5000;

/** Who supervises a system in this folder now, be it starting, ready or stopping. */
export function aliveSupervisor(folder: StateFolder): ProcessIdentity | undefined {
  return [readLockHolder(folder.lockFile), readSystemState(folder)?.supervisor].find(
    (candidate) => candidate !== undefined && isAlive(candidate),
  );
}

/** What this supervisor wrote of its system; `undefined`: it has not yet, or the record is another's. */
export function stateOf(folder: StateFolder, supervisor: ProcessIdentity): SystemState | undefined {
  const state = readSystemState(folder);
  const { pid, startTime } = supervisor;
  const isIts = state?.supervisor.pid === pid && state.supervisor.startTime === startTime;
  return isIts ? state : undefined;
}

/**
 * Ends the run that loads the system, then asks the supervisor to stop, waits until it is gone, and
 * ends whatever it left. Throws 120 when it does not go, and when the data is another system's by the
 * time it was to be removed.
 */
export async function stopSystem(world: World, options: StopOptions): Promise<Stopped> {
  const folder = stateFolder(world.cwd);
  const loading = readLockHolder(folder.benchLockFile);
  // What it measured so far is true; what it would measure without a system is not.
  if (loading !== undefined && isAlive(loading)) await endRun(world, loading, options);
  const supervisor = aliveSupervisor(folder);
  if (supervisor !== undefined) await endSupervisor(world, folder, supervisor, options);
  const healed = await healIfUnsupervised(world, options);
  if (healed.kind === 'healed') return { supervisor, healed: healed.ended };
  if (!options.removeData) return { supervisor, healed: [] };
  const { pid } = healed.supervisor;
  throw new Failure(exitCode.notReady, 'the data was not removed', {
    why: `pid ${pid} (${commandOf(pid)}) took the folder meanwhile, and its system may use it`,
    next: 'rtops ps',
  });
}

/** A run on what is up; one that takes no signal of ours goes on, and loses its system. */
async function endRun(world: World, run: ProcessIdentity, options: StopOptions): Promise<void> {
  const { runMs } = options.patience ?? usualPatience;
  if (!ask(run, { own: false, killedAfterMs: runMs }, options)) return;
  if (!(await became(world, runMs, () => !isAlive(run)))) await kill(world, run, true, options);
}

async function endSupervisor(
  world: World,
  folder: StateFolder,
  supervisor: ProcessIdentity,
  options: StopOptions,
): Promise<void> {
  const { runMs, systemMs } = options.patience ?? usualPatience;
  const { pid } = supervisor;
  const isGone = () => !isAlive(supervisor);
  // What a killed run left in the folder says nothing of who is in it now.
  const state = stateOf(folder, supervisor);
  const ofRun = state?.ofRun === true && state.phase === 'ready';
  const asked = ask(supervisor, ofRun ? { own: true, killedAfterMs: runMs } : undefined, options);
  if (asked) {
    const isStopping = () => isGone() || stateOf(folder, supervisor)?.phase !== 'ready';
    const inTime = !ofRun || (await became(world, runMs, isStopping));
    if (!inTime || !(await became(world, systemMs, isGone))) {
      await kill(world, supervisor, ofRun, options);
    }
  }
  if (isGone()) return;
  throw new Failure(exitCode.notReady, 'what is up in this folder could not be stopped', {
    why: `pid ${pid} (${commandOf(pid)}) looks after it and ${asked ? 'outlived SIGKILL' : 'takes no signal from this user'}`,
    next: asked ? `ps -o stat,wchan -p ${pid}` : 'rtops down, as the user who started it',
  });
}

/** `false`: it takes no signal of this user's, or has just gone. */
function ask(
  { pid }: ProcessIdentity,
  run: { readonly own: boolean; readonly killedAfterMs: number } | undefined,
  { onStep }: StopOptions,
): boolean {
  const command = commandOf(pid);
  const asked = signalProcess(pid, 'SIGTERM');
  signalProcess(pid, 'SIGCONT');
  if (asked && run !== undefined) onStep?.({ kind: 'run-asked', pid, command, ...run });
  return asked;
}

async function kill(
  world: World,
  target: ProcessIdentity,
  ofRun: boolean,
  { onStep }: StopOptions,
): Promise<void> {
  const { pid } = target;
  onStep?.({ kind: 'killed', pid, command: commandOf(pid), ofRun });
  signalProcess(pid, 'SIGKILL');
  await became(world, killedWithinMs, () => !isAlive(target));
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
  refuseOthersFolder(folder);
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
