/** What the fire drill makes of an Alertmanager that is slow or odd; commands/alerts.test.ts asks a real one. */
import { expect, test } from 'vitest';

import { alertmanagerConfig, noReceivers } from '../../prometheus/alertmanager-config.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { TestWorld } from '../system/testing/test-world.ts';
import type { AlertmanagerClient, PostedAlert } from './alertmanager-client.ts';
import { fireDrill } from './fire-drill.ts';

test('an alert that was taken and is not listed proves nothing of its receivers, and is ended', async () => {
  const { client, posted } = alertmanager({ routing: () => Promise.resolve(undefined) });
  const world = hurriedWorld();
  const drill = drilled(world, client);
  await expect(drill).rejects.toMatchObject({ code: 122, why: expect.stringContaining('5 s') });
  const [begun, ended] = posted;
  expect(posted).toHaveLength(2);
  expect(ended?.labels).toEqual(begun?.labels);
  expect(Date.parse(ended?.endsAt ?? '')).toBeLessThan(Date.parse(begun?.endsAt ?? ''));
  expect(world.printed.stderr).toContain('RtopsDrill was ended at http://127.0.0.1:9093');
});

test('a drill that fails on the way is ended, and says so', async () => {
  const { client, posted } = alertmanager({ routing: () => Promise.reject(new Error('gone')) });
  const world = hurriedWorld();
  await expect(drilled(world, client)).rejects.toThrow('gone');
  expect(posted).toHaveLength(2);
  expect(world.printed.stderr).toContain('RtopsDrill was ended');
});

test.each([
  ['refused', () => Promise.reject(new Error('gone')), never],
  ['not taken in time', never, () => Promise.resolve()],
])('an end that is %s takes no result away, and is told', async (_, end, longSleep) => {
  const posted: PostedAlert[] = [];
  const { client } = alertmanager({
    routing: () => Promise.resolve({ receivers: [], silenced: true }),
    post: (alert) => (posted.push(alert) === 1 ? Promise.resolve() : end()),
  });
  const world = hurriedWorld(longSleep);
  expect(await drilled(world, client)).toEqual({ kind: 'silenced' });
  expect(world.printed.stderr).toMatch(/did not take the end .* it ends by itself in 2 min\n$/);
});

test('stopped while the alert is on its way, it is ended after it has arrived: overtaken, it would fire', async () => {
  const world = hurriedWorld();
  const stop = new AbortController();
  const posted: PostedAlert[] = [];
  let arrive = (): void => undefined;
  const { client } = alertmanager({
    post: (alert) => {
      if (posted.push(alert) > 1) return Promise.resolve();
      stop.abort();
      return new Promise((resolve) => (arrive = resolve));
    },
  });
  const drill = drilled(world, client, stop.signal);
  const failure = drill.catch((error: unknown) => error);
  await expect.poll(() => posted.length).toBe(1);
  await new Promise(setImmediate);
  expect(posted).toHaveLength(1);
  arrive();
  expect(await failure).toMatchObject({ code: 105 });
  expect(posted).toHaveLength(2);
});

test('stopped before anything was sent, nothing is', async () => {
  const { client, posted } = alertmanager({});
  const world = hurriedWorld();
  const drill = drilled(world, client, AbortSignal.abort());
  await expect(drill).rejects.toMatchObject({ code: 105 });
  expect(posted).toEqual([]);
  expect(world.printed.stderr).toBe('');
});

function drilled(
  world: TestWorld,
  client: AlertmanagerClient,
  stop = new AbortController().signal,
) {
  return fireDrill(world, client, { topology: 'scaled', logFile: undefined, stop });
}

function never(): Promise<void> {
  return new Promise(() => undefined);
}

/** Looks again at once; what is waited for at most takes as long as `longSleep`. */
function hurriedWorld(longSleep: () => Promise<void> = never): TestWorld {
  const world = testWorld();
  let nowMs = 0;
  const sleep = (ms: number): Promise<void> => (ms < 1000 ? Promise.resolve() : longSleep());
  return { ...world, clock: { ...world.clock, now: () => (nowMs += 100), sleep } };
}

function alertmanager(over: Partial<AlertmanagerClient>) {
  const posted: PostedAlert[] = [];
  const client: AlertmanagerClient = {
    name: 'http://127.0.0.1:9093',
    post: async (alert) => void posted.push(alert),
    routing: () => Promise.resolve({ receivers: [], silenced: false }),
    othersSent: () => Promise.resolve([]),
    configuration: () =>
      Promise.resolve(alertmanagerConfig({ ...noReceivers, webhookUrl: 'http://hooks.test/a' })),
    counters: () => Promise.resolve(new Map()),
    ...over,
  };
  return { client, posted };
}
