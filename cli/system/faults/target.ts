/** The service a fault is done to: only what rtops started in this folder. */
import { dirname } from 'node:path';
import { Agent, request } from 'undici';

import { exitCode } from '../../exit-code.ts';
import { Failure, nearestName } from '../../failure.ts';
import type { Fault } from '../../scenario/fault.ts';
import { monotonicMs } from '../monotonic-ms.ts';
import { isAlive, worksInside } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import { isReady } from '../ready-check.ts';
import type { RunningSystem } from '../running-system.ts';
import { stateFolder } from '../state-folder.ts';
import { readSystemState } from '../system-state.ts';
import type { ServiceRecord, SystemState } from '../system-state.ts';
import type { Injection } from './effect.ts';

/** A service with the process that leads its group now. */
export type Target = {
  readonly service: ServiceRecord;
  readonly process: ProcessIdentity;
};

/** Long enough for a node that drains before it ends, and then starts. */
const readyWithinMs = 60_000;
const lookEveryMs = 20;
/** One question may take this long. */
const answerWithinMs = 2000;
/** A connection for each question: a kept one would show the workers of before a reload. */
const fresh = new Agent({ pipelining: 0 });

/** What the supervisor last wrote. */
export function stateOf(system: RunningSystem): SystemState | undefined {
  return readSystemState(stateFolder(dirname(system.stateDir)));
}

/** @throws Failure `usage` when the system has no service of that name. */
export function serviceOf(system: RunningSystem, fault: Fault): ServiceRecord {
  const services = stateOf(system)?.services ?? [];
  const found = services.find(({ name }) => name === fault.node);
  if (found !== undefined) return found;
  const names = services.map(({ name }) => name);
  const near = nearestName(fault.node, names);
  throw new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: `no service that rtops started is called ${JSON.stringify(fault.node)}; expected ${names.join(', ')}${
      near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
    }`,
    next: 'rtops ps',
  });
}

/**
 * The process a signal may go to: the recorded one (pid and start time), working inside the state
 * folder.
 *
 * @throws Failure `unhealthy` when it does not run now.
 */
export function targetOf(system: RunningSystem, fault: Fault): Target {
  const service = serviceOf(system, fault);
  const { pid, startTime } = service;
  if (pid !== null && startTime !== null && isAlive({ pid, startTime })) {
    if (worksInside(pid, system.stateDir)) return { service, process: { pid, startTime } };
  }
  throw new Failure(exitCode.unhealthy, `${fault.text}: ${fault.node} does not run now`, {
    why: `its state is ${service.state}; another fault may hold it down`,
    next: 'rtops ps',
  });
}

/**
 * Resolves with the time (monotonic, ms) when the service of the fault takes work again; when `notBefore`
 * is given, as another process than that one. With `null` where nobody will see that: `impatient` has
 * fired, or it was stopped on purpose meanwhile.
 *
 * @throws Failure `unhealthy` when it does not in a minute.
 */
export async function untilReadyAgain(
  { world, system, fault, impatient }: Pick<Injection, 'world' | 'system' | 'fault' | 'impatient'>,
  notBefore?: ProcessIdentity,
): Promise<number | null> {
  const name = fault.node;
  const startMs = monotonicMs(world);
  for (;;) {
    if (impatient.aborted) return null;
    const service = stateOf(system)?.services.find((one) => one.name === name);
    // Stopped on purpose meanwhile: nobody will bring it back.
    if (service === undefined || service.state === 'stopped') return null;
    const another = notBefore === undefined || service.startTime !== notBefore.startTime;
    if (service.state === 'ready' && service.pid !== null && another && (await answers(service))) {
      return monotonicMs(world);
    }
    const waitedMs = monotonicMs(world) - startMs;
    if (waitedMs >= readyWithinMs || service.state === 'failed') {
      throw new Failure(exitCode.unhealthy, `${name} did not come back`, {
        why: `its state is ${service.state} ${Math.round(waitedMs / 1000)} s after the fault was undone`,
        next: `rtops logs ${name}`,
      });
    }
    await world.clock.sleep(lookEveryMs, impatient).catch(() => undefined);
  }
}

/**
 * Whether the service takes work now. nginx does when it answers at all: what it says of the nodes
 * behind it is theirs.
 */
export async function answers({ kind, host, port }: ServiceRecord): Promise<boolean> {
  switch (kind) {
    case 'redis':
      return await isReady(host, { kind: 'redis', port });
    case 'server':
      return await isReady(host, { kind: 'http', port, path: '/api/v1/health/ready' });
    case 'nginx':
      return await answersAnything(host, port);
    case 'edges':
    case 'exporter':
    case 'redis-exporter':
    case 'nginx-exporter':
    case 'alertmanager':
    case 'prometheus':
    case 'grafana':
      return await isReady(host, { kind: 'tcp', port });
    default:
      return kind satisfies never;
  }
}

async function answersAnything(host: string, port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(answerWithinMs);
    const { body } = await request(`http://${host}:${port}/health`, { signal, dispatcher: fresh });
    await body.dump();
    return true;
  } catch {
    return false;
  }
}
