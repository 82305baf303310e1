/** A state folder that another user's rtops made: what may not be read or changed is not said to be clean. */
import { accessSync, constants, statSync } from 'node:fs';

import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import { journalFile } from './faults/journal.ts';
import { asItsUser } from './signals.ts';
import { cannotKeepState } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';

/**
 * Throws 120 when this user may not read the records of what was up, or not change the folder; and
 * when nobody can, which is not said to be another user's.
 */
export function refuseOthersFolder(folder: StateFolder, access = accessSync): void {
  const { R_OK, W_OK, X_OK } = constants;
  const needs = [
    { path: folder.dir, mode: R_OK | W_OK | X_OK },
    { path: folder.pidsDir, mode: R_OK | W_OK | X_OK },
    { path: folder.stateFile, mode: R_OK },
    { path: journalFile(folder.dir), mode: R_OK | W_OK },
  ];
  for (const { path, mode } of needs) {
    try {
      access(path, mode);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') continue;
      // A disk mounted read-only, say: another user could do no more.
      if (code !== 'EACCES' && code !== 'EPERM') throw cannotKeepState(folder, error);
      throw new Failure(exitCode.notReady, 'what was left here is not this user’s to heal', {
        why: `${messageOf(error)}${ownerOf(path)}`,
        next: asItsUser,
        cause: error,
      });
    }
  }
}

/** `, of user 0`; empty where the system does not tell. */
export function ownerOf(path: string): string {
  const uid = statSync(path, { throwIfNoEntry: false })?.uid;
  return uid === undefined ? '' : `, of user ${uid}`;
}
