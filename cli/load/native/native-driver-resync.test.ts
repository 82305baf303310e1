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

/** Longer than any of these takes: each run is stopped when what it is about was seen. */
const stages = hold(20, 200, 60_000);

describe('a member that comes back to a log it cannot go on with', () => {
  test('a resync: the room is refetched, and what is learnt so is told apart', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages });
    await untilTick(drive, ({ users }) => users === 20);
    server.resyncOnResume.value = true;
    server.cut();
    await untilHistory(historyDir, resumes(20));
    drive.stop();
    await drive.result;
    const records = history(historyDir);
    const resumed = records.filter(({ kind }) => kind === recordKind.resumed);
    expect(resumed).toHaveLength(20);
    expect(resumed.every(({ code }) => code === 1)).toBe(true);
    expect(records.some(({ kind }) => kind === recordKind.resynced)).toBe(true);
    expect(missing(records)).toEqual([]);
  }, 120_000);

  test('a refetch goes on after an answer of not now, and after a connection that was cut', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages });
    await untilTick(drive, ({ users }) => users === 20);
    server.resyncOnResume.value = true;
    server.unavailableLogs = 20;
    server.cut();
    await expect.poll(() => server.unavailableLogs).toBe(0);
    await untilHistory(historyDir, resumes(20));
    server.muteLogs = true;
    server.cut();
    await untilHistory(historyDir, resumes(40));
    server.muteLogs = false;
    server.resyncOnResume.value = false;
    server.cut();
    await untilHistory(historyDir, resumes(60));
    drive.stop();
    const result = await drive.result;
    expect(result.errorTexts['refetch refused: UNAVAILABLE']).toBeGreaterThan(0);
    expect(missing(history(historyDir))).toEqual([]);
  }, 120_000);

  test('a server that begins anew counts anew: nothing is missed later, nothing called a repeat', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages,
      rate: { kind: 'per-user', perSec: 4 },
    });
    await untilTick(drive, ({ t, users }) => t >= 3000 && users === 20);
    server.forget();
    server.cut();
    // Back, and in a room that has not come as far again as it was.
    await untilHistory(historyDir, resumes(20));
    server.cut();
    await untilHistory(historyDir, resumes(40));
    drive.stop();
    const repeats: number[] = [];
    for await (const { duplicated } of drive.ticks) repeats.push(duplicated);
    await drive.result;
    expect(missing(history(historyDir))).toEqual([]);
    expect(repeats.at(-1)).toBe(0);
  }, 120_000);
});
