import { describe, expect, test } from 'vitest';

import { childPids, count, history, hold, standIn, start, untilTick } from './testing/load-run.ts';
import { recordKind, type HistoryRecord } from '../../samples/history.ts';
import { pidOf } from '../../system/testing/pid-of.ts';

describe('a run against a server that keeps its promises', () => {
  test('counters add up, and the history says the same', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: hold(200, 500, 2500),
      fidelityUsers: 10,
      pollingShare: 0.05,
      http: { perSec: 20, path: '/api/v1/rooms', freshShare: 0.25 },
      workers: 2,
    });
    const ticks = [];
    for await (const tick of drive.ticks) ticks.push(tick);
    const result = await drive.result;

    expect(result.errorTexts).toEqual({});
    expect(result.users).toEqual({
      ...{ planned: 200, peak: 200, attempted: 200 },
      ...{ refused: 0, lost: 0, thrownOff: 0 },
    });
    expect(result.finalRead).toEqual({ done: true, why: null });
    const stored = [...server.rooms.values()].flat().length;
    expect(count(result, 'chat.ack')).toBe(stored);
    expect(count(result, 'chat.delivery')).toBe(server.delivered());
    expect(count(result, 'connect')).toBe(200);
    expect(count(result, 'chat.join')).toBe(200);
    expect(count(result, 'http')).toBe(60);
    // 200 users for 2.5 s, half of them on average for 0.5 s; fewer where the machine lets them in late.
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(600);
    expect(result.holdSends).toBeGreaterThan(0);
    expect(result.holdSends).toBeLessThanOrEqual(stored);
    expect(result.fidelity.clientUsers).toBe(10);
    expect(result.fidelity.clientMs.p50).toBeGreaterThan(0);
    expect(ticks.at(-1)?.sent).toBe(stored);
    // How many a tick finds depends on the machine; `peak` above is the count.
    const users = ticks.map((tick) => tick.users);
    expect(Math.max(...users)).toBeGreaterThan(0);
    expect(Math.max(...users)).toBeLessThanOrEqual(200);

    const records = history(historyDir);
    const of = (kind: number): HistoryRecord[] => records.filter((record) => record.kind === kind);
    expect(of(recordKind.sent)).toHaveLength(stored);
    expect(of(recordKind.acked)).toHaveLength(stored);
    expect(of(recordKind.stored)).toHaveLength(stored);
    expect(of(recordKind.delivered)).toHaveLength(server.delivered());
    expect(of(recordKind.joined)).toHaveLength(200);
    expect(of(recordKind.left)).toHaveLength(200);
    expect(of(recordKind.disconnected).every(({ code }) => code === 1)).toBe(true);
    expect(of(recordKind.connected).filter(({ code }) => code === 1).length).toBeGreaterThan(2);
    expect(of(recordKind.readDone)).toHaveLength(20);
    expect(of(recordKind.http)).toHaveLength(60);
    expect(of(recordKind.indeterminate)).toHaveLength(0);
    // Every user saw every message of its room that came after its join.
    const seen = new Set(of(recordKind.delivered).map(({ user, value }) => `${user} ${value}`));
    expect(seen.size).toBe(server.delivered());
  });

  test('users that leave on the way down have left, and none is lost', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: [...hold(40, 300, 700), { durationMs: 1000, target: 0 }],
    });
    const result = await drive.result;
    expect(result.users).toMatchObject({ peak: 40, lost: 0, refused: 0 });
    const left = history(historyDir).filter(({ kind }) => kind === recordKind.left);
    expect(left).toHaveLength(40);
    // They leave one by one, none before its time; how long after, is the machine's.
    const times = left.map(({ atUs }) => atUs).toSorted((a, b) => a - b);
    expect((times[20] ?? 0) / 1000).toBeGreaterThan(1300);
    expect((times[39] ?? 0) / 1000).toBeGreaterThan(1900);
    expect(result.points.at(-1)?.users).toBe(0);
  });

  test('the same seed sends the same messages at the same due times', async () => {
    const server = await standIn();
    const sends: string[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const { drive, historyDir } = start(server.url, { stages: hold(20, 200, 2800) });
      await drive.result;
      const records = history(historyDir).filter(({ kind }) => kind === recordKind.sent);
      sends.push(records.map(({ user, n, atUs }) => `${user} ${n} ${atUs}`).toSorted());
    }
    // A user joins a moment earlier or later, which may cost or bring its very first send.
    const both = new Set(sends[0]).intersection(new Set(sends[1]));
    const fewest = Math.min(...sends.map(({ length }) => length));
    expect(fewest).toBeGreaterThan(0);
    expect(both.size).toBeGreaterThanOrEqual(fewest * 0.9);
  });
});

describe('the generator watches itself', () => {
  test('a worker that was stopped on purpose reports late sends and is saturated', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(100, 200, 3000) });
    await untilTick(drive, ({ users }) => users === 100);
    const [worker] = childPids();
    process.kill(pidOf({ pid: worker }), 'SIGSTOP');
    await new Promise((resolve) => {
      setTimeout(resolve, 600);
    });
    process.kill(pidOf({ pid: worker }), 'SIGCONT');
    const result = await drive.result;
    expect(result.generator.lateSends).toBeGreaterThan(20);
    expect(result.generator.saturated).toBe(true);
    expect(result.generator.loopLagMs.max).toBeGreaterThan(400);
  });

  test('a server that stalls is not the generator’s fault', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(50, 200, 3000), drainMs: 300 });
    await untilTick(drive, ({ users }) => users === 50);
    server.mute = true;
    const result = await drive.result;
    // Some 100 sends were held up; a busy machine may still be late with one or two timers.
    expect(result.errorTexts['a send was due and never left']).toBeGreaterThan(20);
    expect(result.generator.lateSends).toBeLessThan(10);
  });
});
