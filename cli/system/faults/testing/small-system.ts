/** A small system on real nginx and Redis, with an injector, for tests of faults. */
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

import { parseFault } from '../../../scenario/parse-fault.ts';
import { scaled } from '../../../topology/testing/topologies.ts';
import type { Topology } from '../../../topology/topology.ts';
import { startSystem } from '../../start-system.ts';
import type { ServiceEvent, StartedSystem, StartOptions } from '../../start-system.ts';
import type { ServiceRecord } from '../../system-state.ts';
import { testWorld } from '../../testing/test-world.ts';
import type { TestWorld } from '../../testing/test-world.ts';
import type { World } from '../../../world.ts';
import type { FaultInjector, Injected } from '../fault-injector.ts';
import { openInjector } from '../open-injector.ts';
import { stateOf } from '../target.ts';
import { pidOf } from '../../testing/pid-of.ts';

/** A server that does little. */
export const standIn = fileURLToPath(new URL('../../testing/stand-in-server.ts', import.meta.url));

/** nginx → 1 API + 1 WS, Redis. A dead service is restarted after 100 ms. */
export const small: Topology = {
  ...scaled,
  name: 'small',
  api: { count: 1, cores: null },
  ws: { count: 1, cores: null },
};

export type SmallSystem = {
  readonly world: TestWorld;
  readonly system: StartedSystem;
  readonly injector: FaultInjector;
  readonly events: readonly ServiceEvent[];
  /** Parses and injects. */
  inject(text: string): Promise<Injected>;
  /** What the supervisor wrote of it last. */
  service(name: string): ServiceRecord;
  pid(name: string): number;
};

/** Stopped, and everything undone, when the test ends. Servers are stand-ins unless told otherwise. */
export async function smallSystem(
  topology: Topology = small,
  options: StartOptions = { serverArgv: [standIn] },
  over: Partial<World> = {},
): Promise<SmallSystem> {
  const world = testWorld(over);
  const events: ServiceEvent[] = [];
  const onService = (event: ServiceEvent) => events.push(event);
  const system = await startSystem(world, topology, { ...options, onService });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const injector = await openInjector(world, system);
  onTestFinished(() => injector[Symbol.asyncDispose]());
  const service = (name: string) => {
    const found = stateOf(system)?.services.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return {
    world,
    system,
    injector,
    events,
    service,
    inject: (text) => injector.inject(parseFault(text)),
    pid: (name) => pidOf(service(name)),
  };
}
