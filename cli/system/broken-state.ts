/** What every command says of a system that is up and whose record cannot be read. */
import { accessSync, constants, existsSync } from 'node:fs';

import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import type { StateFolder } from './state-folder.ts';
import { aliveSupervisor } from './stop-system.ts';
import { readSystemState } from './system-state.ts';

/** Throws 120 when state.json is there, says nothing, and somebody alive looks after the folder. */
export function refuseBrokenState(folder: StateFolder): void {
  if (!existsSync(folder.stateFile) || readSystemState(folder) !== undefined) return;
  const supervisor = aliveSupervisor(folder);
  if (supervisor === undefined) return;
  const { why, next } = whyUnread(folder);
  throw new Failure(exitCode.notReady, 'a system is up here, and its record cannot be read', {
    why: `${why}; pid ${supervisor.pid} looks after the system`,
    next,
  });
}

/** Why the record of a system that is up says nothing, and what this user can do about it. */
export function whyUnread({ stateFile }: StateFolder): {
  readonly why: string;
  readonly next: string;
} {
  const forbidden = whyForbidden(stateFile);
  return forbidden === undefined
    ? {
        why: `${stateFile} was cut short or changed`,
        next: 'rtops down, which needs no record; then rtops up again',
      }
    : {
        why: forbidden,
        next: 'the same, as the user who started it; or another folder, for a system of your own',
      };
}

/** `undefined`: this user may read it. */
function whyForbidden(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
