/** Where rtops keeps what it knows about a system: `.rtops/` below the working folder. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { makeFolder } from './make-folder.ts';

/** Absolute paths. */
export type StateFolder = {
  readonly dir: string;
  /** What is up: {@link import('./system-state.ts').SystemState}. */
  readonly stateFile: string;
  /** Held by the supervisor. */
  readonly lockFile: string;
  /** Held by the bench that loads what is up. */
  readonly benchLockFile: string;
  readonly logsDir: string;
  readonly dataDir: string;
  readonly runsDir: string;
  /** One file a service, written by the service's own process before it becomes the service. */
  readonly pidsDir: string;
};

/** The paths below `cwd`; nothing is made. */
export function stateFolder(cwd: string): StateFolder {
  const dir = join(cwd, '.rtops');
  return {
    dir,
    stateFile: join(dir, 'state.json'),
    lockFile: join(dir, 'lock'),
    benchLockFile: join(dir, 'bench.lock'),
    logsDir: join(dir, 'logs'),
    dataDir: join(dir, 'data'),
    runsDir: join(dir, 'runs'),
    pidsDir: join(dir, 'pids'),
  };
}

/** Makes the folders, and keeps them out of the user's git. Throws 120 when it may not. */
export function makeStateFolder(folder: StateFolder): void {
  try {
    for (const dir of [folder.logsDir, folder.pidsDir]) makeFolder(dir);
    writeFileSync(join(folder.dir, '.gitignore'), '*\n');
  } catch (error) {
    throw cannotKeepState(folder, error);
  }
}

/** What to say when a file in the folder cannot be written. */
export function cannotKeepState(folder: StateFolder, error: unknown): Failure {
  return new Failure(exitCode.notReady, `rtops cannot keep its state in ${folder.dir}`, {
    why: error instanceof Error ? error.message : String(error),
    next: 'run rtops in a folder you may write to, on a disk with room',
    cause: error,
  });
}
