/** A controller in a process of its own: injects `argv[3]` into the system of `argv[2]`, says so, waits. */
import { dirname } from 'node:path';

import { parseFault } from '../../../../scenario/parse-fault.ts';
import { attachSystem } from '../../../attach-system.ts';
import { openEdges } from '../open-edges.ts';
import type { World } from '../../../../world.ts';

const [stateDir = '', fault = ''] = process.argv.slice(2);

// As much of a world as attaching and injecting need.
const world = {
  cwd: dirname(stateDir),
  clock: { monotonicNs: () => process.hrtime.bigint() },
} as World;
const system = await attachSystem(world);
const waitsOn = new AbortController().signal;
const edges = system === undefined ? undefined : await openEdges(world, system, waitsOn);
if (edges === undefined) throw new Error('no edges');
await edges.inject(parseFault(fault));
process.stdout.write('injected\n');
setInterval(() => undefined, 60_000);
