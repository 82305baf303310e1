/** nginx.conf as somebody with an editor changes it: in the journal, so that a kill of rtops undoes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { World } from '../../world.ts';
import type { RunningSystem } from '../running-system.ts';
import { markUndone, recordFault, undoSteps } from './journal.ts';
import type { UndoStep } from './journal.ts';
import { backUp, replaceFile } from './replace-file.ts';

export type ConfEdits = {
  /** Writes what `edit` makes of it; nginx reads it at its next reload. */
  edit(edit: (text: string) => string): void;
  /** What was there before the first edit is there again, and nginx reads it. Harmless when repeated. */
  undo(): Promise<void>;
};

/**
 * Nothing is done before the first edit. An injector must be open on the system: its guard is who
 * undoes the edits should this process be killed.
 *
 * @param what how `heal` calls it
 */
export function editNginxConf(world: World, system: RunningSystem, what: string): ConfEdits {
  const { stateDir } = system;
  const conf = join(stateDir, 'conf', 'nginx.conf');
  const backup = `${conf}.good`;
  // Undone last first: the file, then whoever reads it.
  const steps: readonly UndoStep[] = [
    { kind: 'reload', service: 'nginx' },
    { kind: 'restore', path: conf, backup },
  ];
  let recorded: string | undefined;
  return {
    edit(edit) {
      recorded ??= recordFault(stateDir, world.clock.now(), what, steps);
      backUp(conf, backup);
      replaceFile(conf, edit(readFileSync(conf, 'utf8')));
    },
    async undo() {
      if (recorded === undefined) return;
      await undoSteps(stateDir, steps);
      markUndone(stateDir, recorded, world.clock.now());
      recorded = undefined;
    },
  };
}
