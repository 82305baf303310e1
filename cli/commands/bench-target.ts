/** Finds or starts what a bench is to load. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { RunEvent } from '../events.ts';
import type { World } from '../world.ts';
import type { Target } from '../load/driver.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { sameSystem } from '../system/same-system.ts';
import { startSystem } from '../system/start-system.ts';
import type { BenchRequest } from './bench-request.ts';
import type { Interrupt } from './interrupt.ts';
import { takeLoadLock, takeLoadLockOf } from './load-lock.ts';
import { probeUrl } from './probe-url.ts';

export type BenchTarget = AsyncDisposable & {
  readonly target: Target;
  /** `undefined` for `--url`: its processes cannot be seen. */
  readonly system: RunningSystem | undefined;
  /** What the screen calls it. */
  readonly name: string;
};

/**
 * `--url` is probed; `up`, the system that is up in this folder, is used and must be what was asked
 * for; with nothing up the topology is started for the run and stopped when the result is disposed.
 */
export async function openBenchTarget(
  world: World,
  asked: BenchRequest['target'],
  up: RunningSystem | undefined,
  interrupt: Interrupt,
  emit: (event: RunEvent) => void,
): Promise<BenchTarget> {
  if (asked.kind === 'url') {
    await probeUrl(asked.url);
    const lock = takeLoadLockOf(world, asked.url, up);
    return {
      target: { url: asked.url, secret: world.env['RTOPS_JWT_SECRET'] ?? null },
      system: undefined,
      name: asked.url,
      [Symbol.asyncDispose]: () => {
        lock[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  }
  if (up !== undefined) return attached(world, up, asked, emit);
  if (asked.kind === 'up') throw new Error('nothing is up to load');
  const { topology } = asked;
  emit({ kind: 'note', t: 0, text: `nothing is up here: starting ${topology.name} for this run` });
  const giveUp = new AbortController();
  const kill = new AbortController();
  // A system that is ready is stopped by its disposal, after the drain and the report.
  let ready = false;
  interrupt.onFirst(() => {
    if (!ready) giveUp.abort();
  });
  interrupt.onSecond(() => kill.abort());
  const system = await startSystem(world, topology, {
    ofRun: true,
    signal: giveUp.signal,
    killSignal: kill.signal,
    onService: (event) => emit({ kind: 'service', ...event }),
  });
  ready = true;
  return opened(system);
}

function attached(
  world: World,
  up: RunningSystem,
  asked: Exclude<BenchRequest['target'], { kind: 'url' }>,
  emit: (event: RunEvent) => void,
): BenchTarget {
  const difference =
    asked.kind === 'topology'
      ? sameSystem(up.topology, asked.topology)
      : asked.observed && !up.topology.monitoring
        ? 'it is not observed, --observe was asked for'
        : undefined;
  if (difference !== undefined) {
    throw new Failure(exitCode.usage, 'what is up is not what was asked for', {
      why: difference,
      next: `rtops down, then again; or leave --topology, --set and --scale out to use ${up.topology.name} as it is`,
    });
  }
  const lock = takeLoadLock(world);
  emit({ kind: 'note', t: 0, text: `using ${up.topology.name}, which is up at ${up.url}` });
  const target = opened(up);
  return {
    ...target,
    [Symbol.asyncDispose]: async () => {
      lock[Symbol.dispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

function opened(system: RunningSystem): BenchTarget {
  return {
    target: { url: system.url, secret: system.secret },
    system,
    name: system.topology.name,
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}
