/** What stands in a folder: a system that is up, or what a killed rtops left. */
import { leftovers } from './heal-folder.ts';
import type { Check } from './machine-checks.ts';
import { isAlive } from './process-identity.ts';
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
  if (left.length === 0 && (isUp || !hasState)) {
    return { name, state: 'ok', found: 'none', next: null };
  }
  const pids = left.map(({ pid }) => pid).join(', ');
  return {
    name,
    state: 'warn',
    found:
      left.length === 0
        ? 'the state of a system whose supervisor is gone'
        : `processes of a killed rtops: ${pids}`,
    next: 'rtops heal',
  };
}
