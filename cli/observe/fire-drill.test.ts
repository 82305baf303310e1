/** What the fire drill makes of an Alertmanager that is slow or odd; commands/alerts.test.ts asks a real one. */
import { expect, test } from 'vitest';

import { alertmanagerConfig, noReceivers } from '../../prometheus/alertmanager-config.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { AlertmanagerClient, PostedAlert } from './alertmanager-client.ts';
import { fireDrill } from './fire-drill.ts';

test('an alert that was taken and is not listed proves nothing of its receivers, and is ended', async () => {
  const posted: PostedAlert[] = [];
  const client: AlertmanagerClient = {
    name: 'http://127.0.0.1:9093',
    post: async (alert) => void posted.push(alert),
    routing: () => Promise.resolve(undefined),
    othersSent: () => Promise.resolve([]),
    configuration: () =>
      Promise.resolve(alertmanagerConfig({ ...noReceivers, webhookUrl: 'http://hooks.test/a' })),
    counters: () => Promise.resolve(new Map()),
  };
  const world = testWorld();
  let nowMs = 0;
  const clock = { ...world.clock, now: () => (nowMs += 100), sleep: () => Promise.resolve() };
  const drill = fireDrill({ ...world, clock }, client, { topology: 'scaled', logFile: undefined });
  await expect(drill).rejects.toMatchObject({ code: 122, why: expect.stringContaining('5 s') });
  const [begun, ended] = posted;
  expect(posted).toHaveLength(2);
  expect(ended?.labels).toEqual(begun?.labels);
  expect(Date.parse(ended?.endsAt ?? '')).toBeLessThan(Date.parse(begun?.endsAt ?? ''));
});
