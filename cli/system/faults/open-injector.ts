/** Does faults to a running system, and undoes them whatever happens. */
import { randomUUID } from 'node:crypto';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import { clashOf } from '../../scenario/fault-overlap.ts';
import type { Fault } from '../../scenario/fault.ts';
import type { World } from '../../world.ts';
import { became } from '../became.ts';
import { monotonicMs } from '../monotonic-ms.ts';
import type { RunningSystem } from '../running-system.ts';
import { clientsOn } from './clients-on.ts';
import { isEdgeFault, openEdges, withoutEdges } from './edge/open-edges.ts';
import type { EdgeControl } from './edge/open-edges.ts';
import type { Effect, Injection } from './effect.ts';
import type { FaultInjector, Injected } from './fault-injector.ts';
import { startGuard } from './guard.ts';
import { markUndone, recordFault, undoSteps } from './journal.ts';
import { badConfig, reload, workerKill } from './nginx-faults.ts';
import { powerLoss, watchSizes } from './power-loss.ts';
import type { FileSizes } from './power-loss.ts';
import { block, checkBlocks, checkComesBack, kill, pause, term } from './process-faults.ts';
import { checkSlowFsync, clientKill, slowFsync } from './redis-faults.ts';
import { serviceOf, targetOf } from './target.ts';

/** Two faults that follow each other on one node: the first is undone about when the second is due. */
const undoneWithinMs = 1000;

/**
 * Nothing is done before `inject`. With the injector a guard is started, which undoes everything
 * should this process be killed. Disposing undoes what is still there, last first, and waits until
 * the nodes are ready again; it never throws.
 *
 * @throws Failure `notReady` when the guard cannot be started
 */
export async function openInjector(world: World, system: RunningSystem): Promise<FaultInjector> {
  const guard = await startGuard(world, system.stateDir);
  const over = new AbortController();
  const impatient = over.signal;
  const edges = await openEdges(world, system, impatient);
  const open = new Set<Doing>();
  let sizes: FileSizes | undefined;

  async function check(fault: Fault): Promise<void> {
    if (isEdgeFault(fault)) {
      if (edges === undefined) throw withoutEdges(fault);
      edges.check(fault);
      return;
    }
    const service = serviceOf(system, fault);
    if (fault.kind === 'block' && service.kind !== 'server') throw notAServer(fault);
    if (fault.kind === 'kill' || fault.kind === 'term') checkComesBack({ fault, system });
    if (fault.kind === 'block') checkBlocks({ fault, system });
    if (fault.kind === 'slow-fsync') await checkSlowFsync({ world, fault });
    // What was on the disk a second before the cut is known only to who looked then.
    if (fault.kind === 'power-loss') sizes ??= watchSizes(world, system);
  }

  async function inject(fault: Fault): Promise<Injected> {
    await check(fault);
    if (edges !== undefined && isEdgeFault(fault)) return await injectEdge(edges, fault);
    await untilNoneClashes(fault);
    const clientsOnNode = await clientsOn(system, serviceOf(system, fault));
    const effect = effectOf(
      { world, system, fault, target: targetOf(system, fault), impatient },
      () => {
        return (sizes ??= watchSizes(world, system));
      },
    );
    const doing = begin(world, system.stateDir, fault, effect);
    open.add(doing);
    try {
      const seen = await effect.apply();
      const undo = () => doing.undo().finally(() => open.delete(doing));
      return {
        ...{ fault, atMs: doing.atMs, clientsOnNode, effective: seen.effective, undo },
        get evidence() {
          return effect.evidence?.() ?? seen.evidence;
        },
      };
    } catch (error) {
      // One that cannot be put right either stays in the journal, which the guard reads at the end.
      await doing.putRight().catch(() => undefined);
      open.delete(doing);
      throw error;
    }
  }

  /** @throws Failure `usage` when one is there, and does not go, whose undo would undo this one. */
  async function untilNoneClashes(fault: Fault): Promise<void> {
    const inTheWay = () =>
      [...open].find((one) => !one.isPutRight() && clashOf(one.fault, fault) !== undefined)?.fault;
    await became(world, undoneWithinMs, () => inTheWay() === undefined);
    const other = inTheWay();
    if (other === undefined) return;
    throw new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
      why: `${other.text} is still there, and ${clashOf(other, fault) ?? ''}`,
    });
  }

  /** A toxic that nobody renews lapses by itself; the journal is there so that it goes at once. */
  async function injectEdge(control: EdgeControl, fault: Fault): Promise<Injected> {
    const toxic = randomUUID();
    const { stateDir } = system;
    const id = recordFault(stateDir, world.clock.now(), fault.text, [{ kind: 'calm', toxic }]);
    const undone = () => markUndone(stateDir, id, world.clock.now());
    const injected = await control.inject(fault, toxic).catch((error: unknown) => {
      undone();
      throw error;
    });
    let undoing: Promise<number | null> | undefined;
    const undo = () =>
      (undoing ??= injected.undo().then((atMs) => {
        undone();
        return atMs;
      }));
    const doing: Doing = {
      fault,
      atMs: injected.atMs,
      isPutRight: () => undoing !== undefined,
      // Not waited for: it ends when the nodes are ready, which may need other faults undone.
      putRight: () => {
        undo().catch(() => undefined);
        return Promise.resolve();
      },
      undo,
    };
    open.add(doing);
    return {
      ...{ fault, atMs: injected.atMs, clientsOnNode: injected.clientsOnNode },
      // Known in full only when it is over.
      get evidence() {
        return injected.evidence;
      },
      get effective() {
        return injected.effective;
      },
      get onlyUsersShow() {
        return injected.onlyUsersShow ?? false;
      },
      undo: () => undo().finally(() => open.delete(doing)),
    };
  }

  return {
    check,
    inject,
    waitNoLonger: () => over.abort(),
    async [Symbol.asyncDispose]() {
      sizes?.stop();
      // All first, then the waiting: a node cannot become ready while Redis is still held down.
      const left = [...open].toReversed();
      for (const doing of left) await doing.putRight().catch(() => undefined);
      await Promise.allSettled(left.map((doing) => doing.undo()));
      await guard.close();
    },
  };
}

/** A fault from its entry in the journal on. */
type Doing = {
  readonly fault: Fault;
  readonly atMs: number;
  /** The effect is undone; the node may still be on its way back. */
  isPutRight(): boolean;
  /** Undoes the effect, without waiting for the node. Harmless when repeated. */
  putRight(): Promise<void>;
  /** As {@link Injected.undo}. */
  undo(): Promise<number | null>;
};

function begin(world: World, stateDir: string, fault: Fault, effect: Effect): Doing {
  // The journal is for who reads it later, by the wall clock.
  const id = recordFault(stateDir, world.clock.now(), fault.text, effect.undo);
  const atMs = monotonicMs(world);
  let putting: Promise<void> | undefined;
  let isRight = false;
  let undoing: Promise<number | null> | undefined;
  const putRight = () =>
    (putting ??= (async () => {
      await effect.stop?.();
      await undoSteps(stateDir, effect.undo);
      markUndone(stateDir, id, world.clock.now());
      isRight = true;
    })());
  return {
    fault,
    atMs,
    isPutRight: () => isRight,
    putRight,
    undo: () => (undoing ??= putRight().then(() => effect.recovered())),
  };
}

function effectOf(injection: Injection, sizes: () => FileSizes): Effect {
  const { fault } = injection;
  switch (fault.kind) {
    case 'kill':
      return kill(injection, fault.forMs !== null);
    case 'term':
      return term(injection);
    case 'pause':
      return pause(injection);
    case 'block':
      return block(injection);
    case 'restart':
      return kill(injection, true);
    case 'client-kill':
      return clientKill(injection);
    case 'power-loss':
      return powerLoss(injection, sizes());
    case 'slow-fsync':
      return slowFsync(injection);
    case 'reload':
      return reload(injection);
    case 'worker-kill':
      return workerKill(injection);
    case 'bad-config':
      return badConfig(injection);
    case 'latency':
    case 'rate':
    case 'blackhole':
    case 'reset':
    case 'refuse':
    case 'cut':
      throw withoutEdges(fault);
    default:
      return fault.kind satisfies never;
  }
}

function notAServer(fault: Fault): Failure {
  return new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: `only a server has an event loop to block; ${fault.node} is none`,
    next: 'rtops ps',
  });
}
