/**
 * As much of rtops as a guard sees: attaches to the system of the folder it is started in, does the
 * faults of its argv, says `injected` or `undone`, and waits to be killed. With `--undo` it undoes
 * them and ends by itself.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';

import { parseFault } from '../../../scenario/parse-fault.ts';
import type { World } from '../../../world.ts';
import { attachSystem } from '../../attach-system.ts';
import { openInjector } from '../open-injector.ts';

const output = { write: () => {}, isTTY: false, columns: 80, rows: 24, stream: undefined };
const world: World = {
  argv: [],
  env: process.env,
  cwd: process.cwd(),
  stdout: output,
  stderr: output,
  stdinIsTTY: false,
  ask: () => Promise.resolve(undefined),
  clock: {
    now: () => Date.now(),
    monotonicNs: () => process.hrtime.bigint(),
    sleep: (ms, signal) => sleepFor(ms, undefined, signal === undefined ? {} : { signal }),
  },
  random: () => 0.5,
  onSignal: () => () => {},
};

const texts = process.argv.slice(2).filter((arg) => arg !== '--undo');
const system = await attachSystem(world);
if (system === undefined) throw new Error('nothing is up here');
const injector = await openInjector(world, system);
for (const text of texts) await injector.inject(parseFault(text));
process.stdout.write('injected\n');
if (process.argv.includes('--undo')) {
  await injector[Symbol.asyncDispose]();
  process.stdout.write('undone\n');
} else {
  await sleepFor(60_000);
}
