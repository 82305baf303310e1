/** The record of a system that is up, as its supervisor would have left it. */
import { selfIdentity } from '../../system/process-identity.ts';
import { makeStateFolder, stateFolder } from '../../system/state-folder.ts';
import { writeSystemState } from '../../system/system-state.ts';
import type { SystemState } from '../../system/system-state.ts';
import { single } from '../../topology/testing/topologies.ts';
import type { ObserverKind } from '../../topology/topology.ts';
import type { World } from '../../world.ts';

/** `single` at port 4000, supervised by this process, unless told otherwise. */
export function systemIsUp(world: Pick<World, 'cwd'>, over: Partial<SystemState> = {}): void {
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  writeSystemState(folder, {
    schemaVersion: 1,
    phase: 'ready',
    startedAtMs: 0,
    supervisor: selfIdentity(),
    topology: single,
    url: 'http://127.0.0.1:4000',
    secret: 'unused',
    services: [],
    ...over,
  });
}

/** An observer on a port, as the record of a system lists it. */
export function observerAt(kind: ObserverKind, port: number): SystemState['services'][number] {
  return {
    ...{ name: kind, kind, role: null, pid: null, startTime: null },
    ...{ host: '127.0.0.1', port, metricsPort: null, state: 'ready', restarts: 0 },
  };
}
