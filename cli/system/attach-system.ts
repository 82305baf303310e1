/** The system that is up in this folder, started by an rtops in another shell. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { refuseBrokenState } from './broken-state.ts';
import { isAlive } from './process-identity.ts';
import type { RunningSystem } from './running-system.ts';
import { createSampler } from './sampler.ts';
import { stateFolder } from './state-folder.ts';
import { readSystemState } from './system-state.ts';
import type { ServiceRecord } from './system-state.ts';

/**
 * `undefined` when nothing is up, or only leftovers of a supervisor that was killed (the next start
 * heals those). Throws 120 while a system is starting or stopping, or when its record cannot be read.
 */
export async function attachSystem(world: World): Promise<RunningSystem | undefined> {
  const folder = stateFolder(world.cwd);
  refuseBrokenState(folder);
  const state = readSystemState(folder);
  if (state === undefined || !isAlive(state.supervisor)) return undefined;
  if (state.phase !== 'ready') {
    throw new Failure(exitCode.notReady, `the system in this folder is ${state.phase}`, {
      why: `pid ${state.supervisor.pid} is at it`,
      next: 'rtops ps',
    });
  }
  const sampler = createSampler(world);
  const services = (): readonly ServiceRecord[] => {
    const now = readSystemState(folder);
    if (now !== undefined && isAlive(now.supervisor)) return now.services;
    // It went down under us: every service of it is gone, or nobody watches it.
    return state.services.map((service) => ({ ...service, pid: null, state: 'stopped' as const }));
  };
  return {
    topology: state.topology,
    url: state.url,
    secret: state.secret,
    stateDir: folder.dir,
    logsDir: folder.logsDir,
    services: () => Promise.resolve(services()),
    sample: () => sampler(services()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
