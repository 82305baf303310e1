import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { count, history, hold, op, standIn, start, untilTick } from './testing/load-run.ts';
import { compareRecount } from '../../samples/compare-recount.ts';
import { recordKind } from '../../samples/history.ts';
import { recount } from '../../samples/recount.ts';
import { unsentText } from '../driver.ts';
import { ledgerFromFiles } from '../history-files.ts';

describe('a server that refuses or does not answer', () => {
  test('refusing everybody: they are counted, and nobody is lost', async () => {
    const server = await standIn();
    server.refuseWith = 503;
    const { drive } = start(server.url, { stages: hold(30, 300, 1200) });
    const result = await drive.result;
    expect(result.users).toMatchObject({ attempted: 30, refused: 30, lost: 0, peak: 0 });
    expect(result.errorTexts['HTTP 503 at the handshake']).toBeGreaterThanOrEqual(30);
    expect(count(result, 'chat.ack')).toBe(0);
  });

  test('refusing at first: who gets in later is not refused', async () => {
    const server = await standIn();
    server.refuseWith = 503;
    const { drive } = start(server.url, { stages: hold(10, 200, 3300) });
    await untilTick(drive, ({ refused }) => refused === 10);
    server.refuseWith = undefined;
    const result = await drive.result;
    expect(result.users).toMatchObject({ refused: 0, lost: 0, peak: 10 });
  });

  test('refused sends are refused; UNAVAILABLE is tried again with the same id', async () => {
    const server = await standIn();
    server.nack = { code: 'RATE_LIMITED' };
    const { drive, historyDir } = start(server.url, { stages: hold(10, 100, 3200) });
    await untilTick(drive, ({ errors }) => errors > 0);
    server.nack = { code: 'UNAVAILABLE', retryAfterMs: 50 };
    await untilTick(drive, ({ t }) => t >= 2000);
    server.nack = undefined;
    const result = await drive.result;
    const records = history(historyDir);
    const refused = records.filter(({ kind }) => kind === recordKind.refused);
    const acked = records.filter(({ kind }) => kind === recordKind.acked);
    const sent = records.filter(({ kind }) => kind === recordKind.sent);
    expect(refused.length).toBeGreaterThan(0);
    expect(op(result, 'chat.ack').errors).toBe(refused.length);
    expect(acked.length + refused.length).toBe(sent.length);
    expect(new Set(sent.map(({ user, n }) => `${user} ${n}`)).size).toBe(sent.length);
    expect(result.errorTexts['send answered UNAVAILABLE']).toBeGreaterThan(0);
  });

  test('a server that never answers: sends are indeterminate, one under way a user', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(10, 100, 2900), drainMs: 300 });
    server.mute = true;
    const result = await drive.result;
    const records = history(historyDir);
    const sent = records.filter(({ kind }) => kind === recordKind.sent);
    expect(sent).toHaveLength(10);
    expect(records.filter(({ kind }) => kind === recordKind.indeterminate)).toHaveLength(10);
    const unsent = records.filter(({ kind }) => kind === recordKind.unsent);
    expect(unsent.length).toBeGreaterThan(10);
    expect(result.errorTexts[unsentText]).toBe(unsent.length);
    const ack = op(result, 'chat.ack');
    expect(ack).toMatchObject({ count: 10 + unsent.length, errors: 10 + unsent.length });
    // Each took at least as long as it was watched.
    expect(ack.latencyMs.max).toBeGreaterThan(2000);
    expect(ack.latencyMs.p50).toBeGreaterThan(500);
    const run = { durationMs: result.durationMs, partial: false };
    const ledger = await ledgerFromFiles(historyDir, { runId: 'run', ...run });
    expect(ledger).toMatchObject({ sent: 10, acked: 0, indeterminate: 10, lost: 0 });
    const files = [readFileSync(path.join(historyDir, 'worker-0.bin'))];
    const checks = compareRecount(
      { ledger, ops: result.ops, users: result.users, cutShort: false },
      recount(files, run),
    );
    expect(checks.filter(({ agrees }) => agrees !== 'yes')).toEqual([]);
  });

  test('joins that are open at the end of the run are errors of chat.join, and users refused', async () => {
    const server = await standIn();
    server.muteJoins = true;
    const { drive } = start(server.url, { stages: hold(10, 100, 900), drainMs: 300 });
    const result = await drive.result;
    expect(op(result, 'connect')).toMatchObject({ count: 10, errors: 0 });
    expect(op(result, 'chat.join')).toMatchObject({ count: 10, errors: 10 });
    expect(result.users).toMatchObject({ refused: 10, lost: 0 });
  });

  test('a log that only members may read is read to the end, and no ack says no', async () => {
    const server = await standIn();
    server.membersOnly = true;
    const { drive, historyDir } = start(server.url, { stages: hold(20, 100, 900), drainMs: 300 });
    await drive.result;
    const stored = [...server.rooms.values()].flat().length;
    expect(stored).toBeGreaterThan(0);
    const read = history(historyDir).filter(({ kind }) => kind === recordKind.stored);
    expect(read).toHaveLength(stored);
    expect(server.forbidden()).toBe(0);
  });

  test('a server that answers slowly: nothing leaves any more once the log is read', async () => {
    const server = await standIn();
    server.answerAfterMs = 400;
    const { drive, historyDir } = start(server.url, {
      stages: hold(40, 100, 1900),
      rate: { kind: 'per-user', perSec: 10 },
      drainMs: 300,
    });
    const result = await drive.result;
    const records = history(historyDir);
    const readAtUs = Math.min(
      ...records.filter(({ kind }) => kind === recordKind.readDone).map((r) => r.atUs - r.n),
    );
    const sent = records.filter(({ kind }) => kind === recordKind.sent);
    expect(sent.length).toBeGreaterThan(100);
    expect(sent.filter(({ atUs, value }) => atUs + value > readAtUs)).toEqual([]);
    expect(result.errorTexts[unsentText]).toBeGreaterThan(100);
    const run = { runId: 'run', durationMs: result.durationMs, partial: false };
    expect(await ledgerFromFiles(historyDir, run)).toMatchObject({ lost: 0, duplicated: 0 });
  });
});
