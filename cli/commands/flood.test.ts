import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import type { Drive, Driver } from '../load/driver.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
import { monotonicMs } from '../system/monotonic-ms.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { startFlood } from './flood.ts';

/** A driver whose load ends before it began. */
function brokenDriver(why: string): Driver {
  const rejected = <T>(reason: string): Promise<T> => {
    const promise = Promise.reject<T>(new Error(reason));
    promise.catch(() => undefined);
    return promise;
  };
  const drive = (): Drive => ({
    startMs: rejected('the run ended before it started'),
    ticks: {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
    },
    stop: () => undefined,
    abort: async () => undefined,
    result: rejected(why),
  });
  return { start: drive };
}

/** A load that nobody answers, for `durationMs`. */
function emptyDriver(nowMs: () => number, durationMs: number): Driver {
  return {
    start: ({ historyDir }) => {
      mkdirSync(historyDir, { recursive: true });
      writeFileSync(join(historyDir, 'worker-0.bin'), '');
      const users = { planned: 0, peak: 0, attempted: 0, refused: 0, lost: 0 };
      const { fidelity, generator } = sampleReport();
      return {
        startMs: Promise.resolve(nowMs()),
        ticks: {
          [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
        },
        stop: () => undefined,
        abort: async () => undefined,
        result: Promise.resolve({
          ...{ startedAtMs: 0, startedAtUs: 0, durationMs, historyDir, stopped: false },
          ...{ aborted: false, users, ops: {}, fidelity, generator, points: [], holdSends: 0 },
          ...{ finalRead: { done: true, why: null }, errorTexts: {} },
        }),
      };
    },
  };
}

test('a flood whose load fails costs the run nothing: it says why, and nothing is put down to it', async () => {
  const world = testWorld();
  const { scenario } = sampleReport();
  const flooded = {
    ...scenario,
    stages: [{ durationMs: 30, target: 5 }],
    flood: { kind: 'http', perSec: 400 },
  } as const;
  const events: RunEvent[] = [];
  const { seen } = startFlood(
    brokenDriver('no worker could be started'),
    {
      ...{ runId: 'r', scenario: flooded, historyDir: world.cwd, clock: world.clock },
      target: { url: 'http://127.0.0.1:9', secret: null },
    },
    Promise.resolve(monotonicMs(world)),
    (event) => events.push(event),
  );
  const text = 'flood http=400/s could not be brought: no worker could be started';
  expect(await seen).toEqual({
    ...{ text: 'flood http=400/s', asked: 400, ratePerSec: 0, errors: 0, p95Ms: 0 },
    window: { fromMs: 10, toMs: 10 },
    failed: text,
  });
  expect(events).toMatchObject([{ kind: 'warning', text }]);
});

test('without a flood there is none', async () => {
  const world = testWorld();
  const { seen } = startFlood(
    brokenDriver('never asked'),
    {
      ...{ runId: 'r', scenario: sampleReport().scenario, historyDir: world.cwd },
      ...{ clock: world.clock, target: { url: 'http://127.0.0.1:9', secret: null } },
    },
    Promise.resolve(monotonicMs(world)),
    () => undefined,
  );
  expect(await seen).toBeNull();
});

test('a flood comes when it is due, and was there when it was, though the wall clock is put forward', async () => {
  const world = testWorld();
  const { scenario } = sampleReport();
  let steps = 0;
  const clock = { ...world.clock, now: () => world.clock.now() + 3_600_000 * ++steps };
  const flooded = {
    ...scenario,
    stages: [{ durationMs: 600, target: 5 }],
    flood: { kind: 'http', perSec: 400 },
  } as const;
  const waited: number[] = [];
  const startMs = monotonicMs({ clock });
  const { seen } = startFlood(
    emptyDriver(() => monotonicMs({ clock }), 100),
    {
      ...{ runId: 'r', scenario: flooded, historyDir: join(world.cwd, 'history') },
      clock: {
        ...clock,
        sleep: (ms, signal) => {
          waited.push(ms);
          return clock.sleep(ms, signal);
        },
      },
      target: { url: 'http://127.0.0.1:9', secret: null },
    },
    Promise.resolve(startMs),
    () => undefined,
  );
  const { window } = (await seen) ?? { window: { fromMs: NaN, toMs: NaN } };
  expect(waited[0]).toBeGreaterThan(0);
  expect(waited[0]).toBeLessThanOrEqual(200);
  expect(window.fromMs).toBeGreaterThanOrEqual(199);
  expect(window.fromMs).toBeLessThan(monotonicMs(world) - startMs);
  expect(window.toMs - window.fromMs).toBeLessThanOrEqual(101);
});
