/** What stands in a folder: a system that is up, or what a killed rtops left. */
import { existsSync } from 'node:fs';

import { whyUnread } from './broken-state.ts';
import { leftovers } from './heal-folder.ts';
import type { Check } from './machine-checks.ts';
import { isAlive } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { staleRuns } from './run-targets.ts';
import { asItsUser } from './signals.ts';
import type { StateFolder } from './state-folder.ts';
import { aliveSupervisor } from './stop-system.ts';
import { readSystemState } from './system-state.ts';
import type { SystemState } from './system-state.ts';

/** Two rows: `system` and `leftovers`. Looks only; `rtops heal` mends. */
export function systemChecks(folder: StateFolder): readonly Check[] {
  const state = readSystemState(folder);
  const supervisor = aliveSupervisor(folder);
  return [
    systemCheck(folder, state, supervisor),
    leftoversCheck(folder, supervisor !== undefined, state !== undefined),
  ];
}

function systemCheck(
  folder: StateFolder,
  state: SystemState | undefined,
  supervisor: ProcessIdentity | undefined,
): Check {
  const ok = { name: 'system', state: 'ok', next: null } as const;
  if (supervisor === undefined) return { ...ok, found: 'nothing is up in this folder' };
  if (state !== undefined && isAlive(state.supervisor)) {
    return { ...ok, found: `${state.topology.name} is up at ${state.url}` };
  }
  if (state !== undefined || !existsSync(folder.stateFile)) {
    return { ...ok, found: `pid ${supervisor.pid} is just starting a system, or healing` };
  }
  const { why, next } = whyUnread(folder);
  return {
    ...{ name: 'system', state: 'warn' },
    found: `pid ${supervisor.pid} looks after a system whose record cannot be read: ${why}`,
    next,
  };
}

function leftoversCheck(folder: StateFolder, isUp: boolean, hasState: boolean): Check {
  const name = 'leftovers';
  // While a system is up its supervisor answers for every process of the folder.
  const { own: left, others } = isUp ? { own: [], others: [] } : leftovers(folder);
  const runs = staleRuns(folder.dir);
  const found = [
    ...(left.length === 0
      ? []
      : [`processes of a killed rtops: ${left.map(({ pid }) => pid).join(', ')}`]),
    ...(others.length === 0
      ? []
      : [
          `processes of a killed rtops of another user: ${others.map(({ pid }) => pid).join(', ')}`,
        ]),
    ...(left.length + others.length === 0 && !isUp && hasState
      ? ['the state of a system whose supervisor is gone']
      : []),
    ...(runs.length === 0 ? [] : [`what a killed run left in targets/: ${runs.join(', ')}`]),
  ];
  if (found.length === 0) return { name, state: 'ok', found: 'none', next: null };
  return {
    name,
    state: 'warn',
    found: found.join('; '),
    // Heal is for a folder where nothing is up; a run takes away what an earlier one left.
    next: isUp ? 'the next rtops bench removes it' : others.length === 0 ? 'rtops heal' : asItsUser,
  };
}
