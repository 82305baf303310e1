/** What stands in a folder: a system that is up, or what a killed rtops left. */
import { leftovers } from './heal-folder.ts';
import type { Check } from './machine-checks.ts';
import { isAlive } from './process-identity.ts';
import { staleRuns } from './run-targets.ts';
import type { StateFolder } from './state-folder.ts';
import { readSystemState } from './system-state.ts';

/** Two rows: `system` and `leftovers`. Looks only; `rtops heal` mends. */
export function systemChecks(folder: StateFolder): readonly Check[] {
  const state = readSystemState(folder);
  const isUp = state !== undefined && isAlive(state.supervisor);
  return [
    {
      name: 'system',
      state: 'ok',
      found: isUp ? `${state.topology.name} is up at ${state.url}` : 'nothing is up in this folder',
      next: null,
    },
    leftoversCheck(folder, isUp, state !== undefined),
  ];
}

function leftoversCheck(folder: StateFolder, isUp: boolean, hasState: boolean): Check {
  const name = 'leftovers';
  // While a system is up its supervisor answers for every process of the folder.
  const left = isUp ? [] : leftovers(folder);
  const runs = staleRuns(folder.dir);
  const found = [
    ...(left.length === 0
      ? []
      : [`processes of a killed rtops: ${left.map(({ pid }) => pid).join(', ')}`]),
    ...(left.length === 0 && !isUp && hasState
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
    next: isUp ? 'the next rtops bench removes it' : 'rtops heal',
  };
}
