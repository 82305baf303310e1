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
  const forbidden = whyForbidden(folder.stateFile);
  throw new Failure(exitCode.notReady, 'a system is up here, and its record cannot be read', {
    why: `${forbidden ?? `${folder.stateFile} was cut short or changed`}; pid ${supervisor.pid} looks after the system`,
    next:
      forbidden === undefined
        ? 'rtops down, which needs no record; then rtops up again'
        : 'the same, as the user who started it; or another folder, for a system of your own',
  });
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
