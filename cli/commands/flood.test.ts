import { expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import type { Drive, Driver } from '../load/driver.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
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
    startedAtMs: rejected('the run ended before it started'),
    ticks: {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
    },
    stop: () => undefined,
    abort: async () => undefined,
    result: rejected(why),
  });
  return { start: drive };
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
    Promise.resolve(world.clock.now()),
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
    Promise.resolve(world.clock.now()),
    () => undefined,
  );
  expect(await seen).toBeNull();
});
