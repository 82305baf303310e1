import { describe, expect, test } from 'vitest';

import { history, hold, missing, standIn, start, untilTick } from './testing/load-run.ts';
import { ledgerFromFiles } from '../history-files.ts';
import { recordKind, type HistoryRecord } from '../../samples/history.ts';

const down = { durationMs: 1000, target: 0 };

function leavesOf(records: readonly HistoryRecord[]): HistoryRecord[] {
  return records.filter(({ kind }) => kind === recordKind.left);
}

/** Seqs each user read, in the order of its records. */
function readBy(records: readonly HistoryRecord[], user: number): number[] {
  return records
    .filter((record) => record.kind === recordKind.delivered && record.user === user)
    .map(({ value }) => value);
}

describe('leaving a room', () => {
  test.each([
    { it: 'lean users', options: {} },
    { it: 'polling users', options: { pollingShare: 1 } },
    { it: 'users of socket.io-client', options: { fidelityUsers: 20 } },
  ])('ends at the seq of the ack, all of which was read before: $it', async ({ options }) => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: [...hold(20, 200, 1800), down],
      rate: { kind: 'per-user', perSec: 4 },
      ...options,
    });
    const result = await drive.result;
    expect(result.users).toMatchObject({ attempted: 20, lost: 0 });
    const records = history(historyDir);
    const leaves = leavesOf(records);
    // A slow machine lets some in when their time is over: those had no room to leave.
    const joins = records.filter(({ kind }) => kind === recordKind.joined);
    expect(leaves.map(({ code }) => code)).toEqual(joins.map(() => 1));
    for (const { user, value } of leaves) {
      const head = records.find((r) => r.kind === recordKind.joined && r.user === user)?.value ?? 0;
      const owed = Array.from({ length: value - head }, (_, i) => head + 1 + i);
      expect(readBy(records, user)).toEqual(owed);
    }
    // Each left when it was its turn: the room went on without those who left first.
    expect(new Set(leaves.map(({ value }) => value)).size).toBeGreaterThan(2);
  });

  test('is exact at the end of a run and on every churn, too', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: hold(200, 200, 4800),
      churnPerMin: 1,
    });
    await drive.result;
    const records = history(historyDir);
    const leaves = leavesOf(records);
    expect(leaves.length).toBeGreaterThan(200);
    expect(leaves.every(({ code }) => code === 1)).toBe(true);
  });

  test.each([
    { it: 'an ack without a seq', ack: () => ({}) },
    { it: 'a seq of another epoch', ack: (seq: number) => ({ seq, epoch: 'e2' }) },
  ])('ends at a time where the server does not say: $it', async ({ ack }) => {
    const server = await standIn();
    server.leaveAck = ack;
    const { drive, historyDir } = start(server.url, { stages: hold(10, 100, 900) });
    const result = await drive.result;
    expect(result.durationMs).toBeLessThan(2500);
    const leaves = leavesOf(history(historyDir));
    expect(leaves.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  test('a server that does not answer is waited for as long as a drain, and no longer', async () => {
    const server = await standIn();
    server.muteLeaves = true;
    const { drive, historyDir } = start(server.url, {
      stages: [...hold(10, 100, 900), down],
      drainMs: 800,
    });
    const result = await drive.result;
    expect(result.users.lost).toBe(0);
    expect(result.durationMs).toBeLessThan(5000);
    const records = history(historyDir);
    expect(leavesOf(records).map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0));
    expect(missing(records)).toEqual([]);
  });

  test('a session that ends while thrown off ends away, and a later one begins anew', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: [...hold(10, 100, 1400), { durationMs: 400, target: 0 }, ...hold(10, 100, 2500)],
      drainMs: 800,
    });
    await untilTick(drive, ({ users }) => users === 10);
    server.refuseWith = 503;
    server.cut();
    await untilTick(drive, ({ t }) => t >= 3000);
    server.refuseWith = undefined;
    const result = await drive.result;
    expect(result.users).toMatchObject({ lost: 0, refused: 0, peak: 10 });
    const records = history(historyDir);
    const away = leavesOf(records).filter(({ code }) => code === 2);
    expect(away.length).toBeGreaterThan(5);
    // While a user hung on to its old session, nobody waited for the new connection.
    for (const { user, atUs } of away) {
      const later = records.filter(
        (r) => r.kind === recordKind.connected && r.user === user && r.atUs > atUs,
      );
      expect(later.length).toBeGreaterThan(0);
      expect(later.filter((r) => r.atUs - r.value < atUs)).toEqual([]);
    }
    const run = { runId: 'run', durationMs: result.durationMs, partial: false };
    expect(await ledgerFromFiles(historyDir, run)).toMatchObject({ lost: 0, dropped: 0 });
  });

  test('thrown off while it waits for the answer: it comes back, asks again and is let out', async () => {
    const server = await standIn();
    server.muteLeaves = true;
    const { drive, historyDir } = start(server.url, {
      stages: [...hold(10, 100, 900), { durationMs: 100, target: 0 }, { durationMs: 1, target: 0 }],
      drainMs: 5000,
    });
    await server.firstLeave;
    server.muteLeaves = false;
    server.cut();
    const result = await drive.result;
    expect(result.users.lost).toBe(0);
    const records = history(historyDir);
    expect(records.filter(({ kind }) => kind === recordKind.resumed).length).toBeGreaterThan(0);
    expect(leavesOf(records).map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 1));
  });
});
