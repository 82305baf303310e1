/** Which part of the system was the first at its limit, and what shows it. */
import { isObserverKind } from '../samples/observers.ts';
import type { ServiceSummary, Summary } from '../samples/summary.ts';
import { generatorLateness } from './generator-lateness.ts';

export type Bottleneck = {
  readonly kind: 'none' | 'generator' | 'proxy' | 'server' | 'redis' | 'machine';
  readonly evidence: string;
};

/** A process that runs its work on one thread is at its limit here; the rest is noise of the reading. */
const fullCorePct = 90;
/** The machine is at its limit when this share of its cores is in use, by whomever. */
const fullMachinePct = 90;
/** A Node loop this late (p99) holds up every client of the process, whatever its CPU. */
const longLoopLagMs = 100;
/** Ready to run, and a fifth of the time not run: something else has the cores. */
const longWaitPct = 20;

/**
 * The first rule that holds names the bottleneck:
 *
 * | # | kind      | when                                                                             |
 * |---|-----------|----------------------------------------------------------------------------------|
 * | 0 | generator | a load worker ended before its time                                               |
 * | 1 | machine   | the generator was late or starved, and the machine was full                       |
 * | 2 | generator | the generator was late or starved, and the machine was not full                   |
 * | 3 | server    | a Node server used ≥ 90 % of one core (its JavaScript runs on one)                |
 * | 4 | proxy     | nginx used ≥ 90 % of the cores its workers can use                                |
 * | 5 | redis     | Redis used ≥ 90 % of one core (it runs commands on one)                           |
 * | 6 | machine   | all cores together were ≥ 90 % in use, by this run or by others                   |
 * | 7 | generator | its workers used ≥ 90 % of a core each, though still in time                      |
 * | 8 | machine   | a service stood ≥ 20 % of the time in the run queue: other programs are busy      |
 * | 9 | server    | a Node server's event loop lagged ≥ 100 ms (p99): work that blocks, not much work |
 *
 * CPU of a service and of the machine is the highest mean over 5 s; of the generator, its mean over
 * the run. Where the machine was not looked at, services and generator together stand for it. Services
 * that only watch fill the machine like all others, but nothing waits for them: they are named in no
 * other rule.
 *
 * @param proxyWorkers nginx worker processes of the topology.
 */
export function findBottleneck(summary: Summary, cores: number, proxyWorkers = 1): Bottleneck {
  const { services, generator } = summary;
  const use = useOf(summary, cores);
  const { usedPct } = use;
  const machine = `the ${cores} cores of the machine were ${percent(usedPct)} in use${othersOf(use)}`;
  const machineIsFull = usedPct >= fullMachinePct;
  const lateness = generatorLateness(summary);
  if (lateness !== undefined && generator.endedWorkers.length > 0) {
    return { kind: 'generator', evidence: lateness };
  }
  if (lateness !== undefined) {
    return machineIsFull
      ? { kind: 'machine', evidence: `${lateness}, and ${machine}` }
      : { kind: 'generator', evidence: `${lateness}, while ${machine}` };
  }
  const server = highest(services, 'server', ({ cpuPct }) => cpuPct.max);
  if (server !== undefined && server.cpuPct.max >= fullCorePct) {
    return { kind: 'server', evidence: `${cpuOf(server)}; ${machine}` };
  }
  const proxy = highest(services, 'nginx', ({ cpuPct }) => cpuPct.max);
  const proxyCores = Math.max(1, Math.min(proxyWorkers, cores));
  if (proxy !== undefined && proxy.cpuPct.max >= fullCorePct * proxyCores) {
    const workers = `with ${proxyWorkers} worker${proxyWorkers === 1 ? '' : 's'}`;
    return { kind: 'proxy', evidence: `${cpuOf(proxy)} ${workers}; ${machine}` };
  }
  const redis = highest(services, 'redis', ({ cpuPct }) => cpuPct.max);
  if (redis !== undefined && redis.cpuPct.max >= fullCorePct) {
    return { kind: 'redis', evidence: `${cpuOf(redis)}; ${machine}` };
  }
  if (machineIsFull) {
    const whose = othersOf(use) === '' ? ', by no process alone' : '';
    return { kind: 'machine', evidence: `${machine}${whose}` };
  }
  const perWorkerPct = generator.workers === 0 ? 0 : generator.cpuPct / generator.workers;
  if (perWorkerPct >= fullCorePct) {
    return {
      kind: 'generator',
      evidence: `its ${generator.workers} workers used ${percent(perWorkerPct)} of a core each, though still in time; ${machine}`,
    };
  }
  const waiting = highest(services, null, ({ waitPct }) => waitPct);
  if (waiting !== undefined && waiting.waitPct >= longWaitPct) {
    return {
      kind: 'machine',
      evidence: `${waiting.name} stood ${percent(waiting.waitPct)} of the time in the run queue, though ${machine}${use.othersPct === null ? ' by this run: other programs are busy' : ''}`,
    };
  }
  const lagging = highest(services, 'server', ({ loopLagMs }) => loopLagMs ?? 0);
  if (lagging !== undefined && (lagging.loopLagMs ?? 0) >= longLoopLagMs) {
    return {
      kind: 'server',
      evidence: `the event loop of ${lagging.name} lagged ${Math.round(lagging.loopLagMs ?? 0)} ms (p99) at ${percent(lagging.cpuPct.max)} of a core: work that blocks`,
    };
  }
  const busiest = highest(services, null, ({ cpuPct }) => cpuPct.max);
  return {
    kind: 'none',
    evidence:
      busiest === undefined
        ? `no service was read; ${machine} by the generator`
        : `nothing was at its limit: the busiest was ${cpuOf(busiest)}, and ${machine}`,
  };
}

type Use = {
  /** Of all cores. */
  readonly usedPct: number;
  /** On average, by processes that are neither a service nor a load worker; `null`: not known. */
  readonly othersPct: number | null;
  readonly stealPct: number;
  /** Without it the system is among the other processes, if it is on this machine. */
  readonly hasSystem: boolean;
};

function useOf({ services, generator, machine }: Summary, cores: number): Use {
  const hasSystem = services.length > 0;
  const ownMax = services.reduce((sum, one) => sum + one.cpuPct.max, generator.cpuPct) / cores;
  if (machine === undefined) {
    return { usedPct: Math.min(100, ownMax), othersPct: null, stealPct: 0, hasSystem };
  }
  const { cpuPct, stealPct } = machine;
  const ownAvg = services.reduce((sum, one) => sum + one.cpuPct.avg, generator.cpuPct) / cores;
  const othersPct = Math.max(0, cpuPct.avg - stealPct - ownAvg);
  return { usedPct: cpuPct.max, othersPct, stealPct, hasSystem };
}

/** Less than this is rtops itself, and the noise of two ways to count. */
const leastOthersPct = 10;
const leastStealPct = 1;
/** A quarter of the machine in other hands may be what a latency came of. */
const muchOthersPct = 25;

/** `, on average 61% by other processes than the services and the load`; empty when it was this run. */
function othersOf({ othersPct, stealPct, hasSystem }: Use): string {
  const others =
    othersPct !== null && othersPct >= leastOthersPct
      ? `, on average ${percent(othersPct)} by other processes than ${hasSystem ? 'the services and ' : ''}the load`
      : '';
  const stolen = stealPct >= leastStealPct ? `, ${percent(stealPct)} taken by the hypervisor` : '';
  return `${others}${stolen}`;
}

/**
 * What a reader of a latency must know of the machine: that others used it, or that a service stood in
 * its run queue; `undefined` when it was this run's own, and large enough.
 */
export function machineShared(summary: Summary, cores: number): string | undefined {
  const use = useOf(summary, cores);
  const waiting = highest(summary.services, null, ({ waitPct }) => waitPct);
  const shared = use.hasSystem && (use.othersPct ?? 0) + use.stealPct >= muchOthersPct;
  const waited = waiting !== undefined && waiting.waitPct >= longWaitPct;
  if (!shared && !waited) return undefined;
  const machine = `the ${cores} cores of the machine were ${percent(use.usedPct)} in use${othersOf(use)}`;
  return waited
    ? `${waiting.name} stood ${percent(waiting.waitPct)} of the time in the run queue, ${machine}`
    : `the machine was not this run's own: ${machine}`;
}

function highest(
  services: readonly ServiceSummary[],
  kind: string | null,
  of: (service: ServiceSummary) => number,
): ServiceSummary | undefined {
  return services
    .filter((service) => (kind === null ? !isObserverKind(service.kind) : service.kind === kind))
    .reduce<ServiceSummary | undefined>(
      (best, one) => (best === undefined || of(one) > of(best) ? one : best),
      undefined,
    );
}

function cpuOf({ name, cpuPct }: ServiceSummary): string {
  return `${name} at ${percent(cpuPct.max)} of one core`;
}

function percent(value: number): string {
  return `${Math.round(value)}%`;
}
