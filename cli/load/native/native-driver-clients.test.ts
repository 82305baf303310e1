import { describe, expect, test } from 'vitest';

import {
  history,
  hold,
  missing,
  resumes,
  standIn,
  start,
  untilHistory,
  untilTick,
} from './testing/load-run.ts';
import { recordKind } from '../../samples/history.ts';
import type { ClientBehaviour } from '../../scenario/scenario.ts';

/** Cuts everybody off while sends are under way that the server never took. */
async function cutWhileMute(client: ClientBehaviour) {
  const server = await standIn();
  const { drive, historyDir } = start(server.url, {
    client,
    stages: hold(30, 300, 60_000),
    rate: { kind: 'per-user', perSec: 4 },
  });
  await untilTick(drive, ({ users }) => users === 30);
  server.mute = true;
  // A second of sends without an answer: each user has one under way.
  await untilTick(drive, () => true);
  server.cut();
  server.mute = false;
  await untilHistory(historyDir, resumes(30));
  drive.stop();
  const result = await drive.result;
  const records = history(historyDir);
  const count = (kind: number): number => records.filter((record) => record.kind === kind).length;
  return {
    result,
    missed: missing(records).length,
    forgotten: count(recordKind.indeterminate),
    unacked: count(recordKind.sent) - count(recordKind.acked),
  };
}

describe('what a client does after it was thrown off', () => {
  test('resume: nothing is forgotten and nothing missed', async () => {
    const { result, missed, forgotten } = await cutWhileMute('resume');
    expect(result.users).toMatchObject({ lost: 0, peak: 30 });
    expect({ missed, forgotten }).toEqual({ missed: 0, forgotten: 0 });
  }, 120_000);

  test('retry: sends again what had no ack, and misses what came while it was away', async () => {
    const { missed, forgotten } = await cutWhileMute('retry');
    expect(forgotten).toBe(0);
    expect(missed).toBeGreaterThan(0);
  }, 120_000);

  test('stock: forgets what had no ack, and misses what came while it was away', async () => {
    const { missed, forgotten, unacked } = await cutWhileMute('stock');
    expect(forgotten).toBeGreaterThan(10);
    expect(unacked).toBe(forgotten);
    expect(missed).toBeGreaterThan(0);
  }, 120_000);
});
