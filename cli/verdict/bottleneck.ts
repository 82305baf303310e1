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
/** The machine is at its limit when everything rtops knows of uses this share of its cores. */
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
 * | 6 | machine   | all services and the generator together used ≥ 90 % of the cores                  |
 * | 7 | generator | its workers used ≥ 90 % of a core each, though still in time                      |
 * | 8 | machine   | a service stood ≥ 20 % of the time in the run queue: other programs are busy      |
 * | 9 | server    | a Node server's event loop lagged ≥ 100 ms (p99): work that blocks, not much work |
 *
 * CPU of a service is its highest mean over 5 s; of the generator, its mean over the run. Services
 * that only watch fill the machine like all others, but nothing waits for them: they are named in no
 * other rule.
 *
 * @param proxyWorkers nginx worker processes of the topology.
 */
export function findBottleneck(summary: Summary, cores: number, proxyWorkers = 1): Bottleneck {
  const { services, generator } = summary;
  const totalPct = services.reduce((sum, one) => sum + one.cpuPct.max, generator.cpuPct);
  const usedPct = Math.min(100, totalPct / cores);
  const machine = `the ${cores} cores of the machine were ${percent(usedPct)} in use`;
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
  if (machineIsFull) return { kind: 'machine', evidence: `${machine}, by no process alone` };
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
      evidence: `${waiting.name} stood ${percent(waiting.waitPct)} of the time in the run queue, though ${machine} by this run: other programs are busy`,
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
