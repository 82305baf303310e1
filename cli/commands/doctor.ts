/** `rtops doctor`: what of this machine serves a run, what bounds it, what is missing. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { activeReceivers } from '../system/active-receivers.ts';
import { binaryFinder } from '../system/find-binary.ts';
import { machineChecks, prerequisiteCheck } from '../system/machine-checks.ts';
import type { Check } from '../system/machine-checks.ts';
import { readMachineFacts } from '../system/machine-facts.ts';
import { findPrerequisites, prerequisites } from '../system/prerequisites.ts';
import { observerChecks } from '../system/observer-checks.ts';
import { stateFolder } from '../system/state-folder.ts';
import { systemChecks } from '../system/system-checks.ts';
import type { World } from '../world.ts';

/** What `doctor --json` prints. */
type DoctorDocument = {
  readonly schemaVersion: 1;
  readonly ready: boolean;
  readonly checks: readonly Check[];
};

/**
 * Prints the table, or one JSON document. 0 when nothing is missing (a warning does not count),
 * 120 otherwise. Changes nothing.
 */
export async function doctor(
  world: World,
  options: { readonly json: boolean },
  find = binaryFinder(world.env),
): Promise<ExitCode> {
  const wanted = prerequisites.filter(({ audience }) => audience !== 'development');
  const [facts, found] = await Promise.all([
    readMachineFacts(world.cwd),
    findPrerequisites(wanted, find),
  ]);
  const folder = stateFolder(world.cwd);
  const checks = [
    ...found.map(prerequisiteCheck),
    ...(await observerChecks(world.env, find, activeReceivers(folder))),
    ...machineChecks(facts),
    ...systemChecks(folder),
  ];
  const ready = checks.every(({ state }) => state !== 'missing');
  const document: DoctorDocument = { schemaVersion: 1, ready, checks };
  world.stdout.write(options.json ? `${JSON.stringify(document, undefined, 2)}\n` : table(checks));
  return ready ? exitCode.pass : exitCode.notReady;
}

function table(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat('missing  '.length + width + 2);
  return checks
    .map(({ name, state, found, next }) => {
      const row = `${state.padEnd(9)}${name.padEnd(width)}  ${found}\n`;
      return next === null ? row : `${row}${indent}next: ${next}\n`;
    })
    .join('');
}
