/** Who is told of alerts by the system that is up in a folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive } from './process-identity.ts';
import type { StateFolder } from './state-folder.ts';
import { readSystemState } from './system-state.ts';

/**
 * Names only, as Alertmanager calls them (`slack`, `discord`, `webhook`); `undefined` where nothing
 * that is observed is up, or its configuration is not ours to read.
 */
export function activeReceivers(folder: StateFolder): readonly string[] | undefined {
  const state = readSystemState(folder);
  if (state === undefined || !isAlive(state.supervisor)) return undefined;
  if (!state.services.some(({ kind }) => kind === 'alertmanager')) return undefined;
  try {
    const text = readFileSync(join(folder.dir, 'conf', 'alertmanager.yml'), 'utf8');
    return [...text.matchAll(/^\s+(?:- )?(\w+)_configs:$/gm)].flatMap(([, name]) => name ?? []);
  } catch {
    return undefined;
  }
}
