import { describe, expect, test } from 'vitest';

import { history, hold, missing, standIn, start, untilTick } from './testing/load-run.ts';
import { recordKind } from '../../samples/history.ts';

describe('a member that comes back to a log it cannot go on with', () => {
  test('a resync: the room is refetched, and what is learnt so is told apart', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(20, 200, 3300) });
    await untilTick(drive, ({ users }) => users === 20);
    server.resyncOnResume.value = true;
    server.cut();
    await drive.result;
    const records = history(historyDir);
    const resumed = records.filter(({ kind }) => kind === recordKind.resumed);
    expect(resumed).toHaveLength(20);
    expect(resumed.every(({ code }) => code === 1)).toBe(true);
    expect(records.some(({ kind }) => kind === recordKind.resynced)).toBe(true);
    expect(missing(records)).toEqual([]);
  });

  test('a refetch goes on after an answer of not now, and after a connection that was cut', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(20, 200, 6300) });
    await untilTick(drive, ({ users }) => users === 20);
    server.resyncOnResume.value = true;
    server.unavailableLogs = 20;
    server.cut();
    await untilTick(drive, ({ t }) => t >= 3000);
    server.muteLogs = true;
    server.cut();
    await untilTick(drive, ({ t }) => t >= 5000);
    server.muteLogs = false;
    server.resyncOnResume.value = false;
    server.cut();
    const result = await drive.result;
    expect(result.errorTexts['refetch refused: UNAVAILABLE']).toBe(20);
    expect(missing(history(historyDir))).toEqual([]);
  });

  test('a server that begins anew counts anew: nothing is missed later, nothing called a repeat', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: hold(20, 200, 7300),
      rate: { kind: 'per-user', perSec: 4 },
    });
    await untilTick(drive, ({ t }) => t >= 3000);
    server.forget();
    server.cut();
    // Back, and in a room that has not come as far again as it was.
    await untilTick(drive, ({ t }) => t >= 5000);
    server.cut();
    const repeats: number[] = [];
    for await (const { duplicated } of drive.ticks) repeats.push(duplicated);
    await drive.result;
    expect(missing(history(historyDir))).toEqual([]);
    expect(repeats.at(-1)).toBe(0);
  });
});
