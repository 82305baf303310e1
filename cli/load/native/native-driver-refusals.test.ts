import { describe, expect, test } from 'vitest';

import {
  count,
  history,
  hold,
  op,
  standIn,
  start,
  untilTick,
} from '../../../test/servers/load-run.ts';
import { recordKind } from '../../samples/history.ts';

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
    expect(op(result, 'chat.ack')).toMatchObject({ count: 10, errors: 10 });
    expect(result.errorTexts['a send was due and never left']).toBeGreaterThan(0);
  });
});
