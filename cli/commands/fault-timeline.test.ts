import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import type { Fault } from '../scenario/fault.ts';
import type { FaultInjector, Injected } from '../system/faults/fault-injector.ts';
import { monotonicMs } from '../system/monotonic-ms.ts';
import type { Clock } from '../world.ts';
import { startFaultTimeline } from './fault-timeline.ts';

/** Somebody puts the wall clock right by an hour, back and forth, all the time. */
let looks = 0;
const clock: Clock = {
  now: () => Date.now() + (looks++ % 2 === 0 ? -1 : 1) * 3_600_000,
  monotonicNs: () => process.hrtime.bigint(),
  sleep: async (ms, signal) => {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  },
};

function fault(node: string, atMs: number, forMs: number | null): Fault {
  return { text: `kill@${node}`, kind: 'kill', node, atMs, forMs, options: {} };
}

/** Injects nothing, and writes down what it was asked and when. */
function recorder(refuses: readonly string[] = []) {
  const steps: string[] = [];
  return {
    steps,
    inject(one: Fault): Promise<Injected> {
      if (refuses.includes(one.node)) return Promise.reject(new Error(`no ${one.node} here`));
      steps.push(`+${one.node}`);
      return Promise.resolve({
        fault: one,
        atMs: monotonicMs({ clock }),
        clientsOnNode: 7,
        evidence: `${one.node} is gone`,
        effective: true,
        undo: () => {
          steps.push(`-${one.node}`);
          return Promise.resolve(monotonicMs({ clock }));
        },
      });
    },
  };
}

function start(
  faults: readonly Fault[],
  injector: Pick<FaultInjector, 'inject'>,
  lastEndMs = 5000,
) {
  const events: Extract<RunEvent, { kind: 'fault' }>[] = [];
  const timeline = startFaultTimeline({
    clock,
    injector,
    faults,
    startMs: Promise.resolve(monotonicMs({ clock })),
    lastEndMs,
    emit: (event) => {
      if (event.kind === 'fault') events.push(event);
    },
  });
  const until = async (phase: string, text: string): Promise<void> => {
    const endMs = Date.now() + 4000;
    while (!events.some((event) => event.phase === phase && event.fault === text)) {
      if (Date.now() > endMs) throw new Error(`${text} was never ${phase}`);
      await sleepFor(5);
    }
  };
  return { events, timeline, until };
}

describe('the timeline of faults', () => {
  test('does each fault at its time and undoes it at its end, several at once', async () => {
    const injector = recorder();
    const { timeline, until, events } = start(
      [fault('ws-1', 40, 120), fault('ws-2', 80, null)],
      injector,
    );
    await until('undone', 'kill@ws-1');
    const { windows, problems } = await timeline.finish(1000);
    expect(injector.steps).toEqual(['+ws-1', '+ws-2', '-ws-2', '-ws-1']);
    expect(problems).toEqual([]);
    expect(windows.map(({ node }) => node)).toEqual(['ws-1', 'ws-2']);
    expect(windows[0]?.atMs).toBeGreaterThanOrEqual(40);
    expect((windows[0]?.untilMs ?? 0) - (windows[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(100);
    expect(windows.every(({ atMs, untilMs }) => atMs < 10_000 && untilMs < 10_000)).toBe(true);
    expect(events.every(({ t }) => t < 10_000)).toBe(true);
    expect(windows[0]).toMatchObject({ effective: true, clientsOnNode: 7 });
  });

  test('an early end undoes what is there, the latest first, and injects nothing more', async () => {
    const injector = recorder();
    const { timeline, until } = start(
      [fault('ws-1', 0, 60_000), fault('ws-2', 30, 60_000), fault('ws-3', 60_000, null)],
      injector,
      120_000,
    );
    await until('injected', 'kill@ws-2');
    await Promise.all([timeline.undoAll(), timeline.undoAll()]);
    const { windows } = await timeline.finish(500);
    expect(injector.steps).toEqual(['+ws-1', '+ws-2', '-ws-2', '-ws-1']);
    expect(windows).toHaveLength(2);
  });

  test('a fault that outlasts the stages is undone at their end', async () => {
    const injector = recorder();
    const { timeline, until } = start([fault('ws-1', 0, 60_000)], injector, 100);
    await until('undone', 'kill@ws-1');
    const { windows } = await timeline.finish(1000);
    expect(windows[0]?.untilMs).toBeLessThan(1000);
  });

  test('a node that nobody saw ready again counts as away until the run ends, and that is told', async () => {
    const injector = recorder();
    const forgets = {
      ...injector,
      inject: async (one: Fault) => ({
        ...(await injector.inject(one)),
        undo: () => Promise.resolve(null),
      }),
    };
    const { timeline, until, events } = start([fault('ws-1', 0, 20)], forgets);
    await until('failed', 'kill@ws-1');
    const { windows, problems } = await timeline.finish(4321);
    expect(windows).toMatchObject([{ node: 'ws-1', effective: true, untilMs: 4321 }]);
    expect(problems).toEqual([
      "kill@ws-1 was undone, and ws-1 was not seen ready again: it counts as there until the run's end",
    ]);
    expect(events.map(({ phase }) => phase)).toEqual(['planned', 'injected', 'failed']);
  });

  test('a fault that cannot be done is told with its reason, and is no effect', async () => {
    const { timeline, until, events } = start([fault('ws-9', 0, 50)], recorder(['ws-9']));
    await until('failed', 'kill@ws-9');
    const { windows, problems } = await timeline.finish(1000);
    expect(windows).toMatchObject([{ node: 'ws-9', effective: false, evidence: 'no ws-9 here' }]);
    expect(problems.join(' ')).toContain('no ws-9 here');
    expect(events.map(({ phase }) => phase)).toEqual(['planned', 'failed']);
  });

  test('a run that never starts injects nothing', async () => {
    const injector = recorder();
    const timeline = startFaultTimeline({
      clock,
      injector,
      faults: [fault('ws-1', 0, null)],
      startMs: Promise.reject(new Error('it never started')),
      lastEndMs: 1000,
      emit: () => undefined,
    });
    expect(await timeline.finish(0)).toEqual({ windows: [], problems: [] });
    expect(injector.steps).toEqual([]);
  });
});
