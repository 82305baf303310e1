import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { startStandIn, type StandIn } from '../../../test/servers/stand-in-chat.ts';
import { readRecord, recordBytes, recordKind, type HistoryRecord } from '../../samples/history.ts';
import type { Scenario, Stage } from '../../scenario/scenario.ts';
import { realWorld } from '../../world.ts';
import type { Drive, DriveResult } from '../driver.ts';
import { nativeDriver } from './native-driver.ts';

describe('a run against a server that keeps its promises', () => {
  test('counters add up, and the history says the same', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, {
      stages: hold(200, 500, 2500),
      fidelityUsers: 10,
      pollingShare: 0.05,
      http: { perSec: 20, path: '/api/v1/rooms' },
      workers: 2,
    });
    const ticks = [];
    for await (const tick of drive.ticks) ticks.push(tick);
    const result = await drive.result;

    expect(result.errorTexts).toEqual({});
    expect(result.users).toEqual({ planned: 200, peak: 200, attempted: 200, refused: 0, lost: 0 });
    expect(result.finalRead).toEqual({ done: true, why: null });
    const stored = [...server.rooms.values()].flat().length;
    expect(count(result, 'chat.ack')).toBe(stored);
    expect(count(result, 'chat.delivery')).toBe(server.delivered());
    expect(count(result, 'connect')).toBe(200);
    expect(count(result, 'chat.join')).toBe(200);
    expect(count(result, 'http')).toBe(60);
    // 200 users for 2.5 s, and half of them on average for 0.5 s.
    expect(stored).toBeGreaterThan(500);
    expect(stored).toBeLessThan(600);
    expect(result.holdSends).toBeGreaterThan(480);
    expect(result.fidelity.clientUsers).toBe(10);
    expect(result.fidelity.clientMs.p50).toBeGreaterThan(0);
    expect(ticks.at(-1)?.sent).toBe(stored);
    expect(ticks[1]?.users).toBe(200);

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
    // They leave one by one, not all at the end.
    const times = left.map(({ atUs }) => atUs).toSorted((a, b) => a - b);
    expect((times[20] ?? 0) / 1000).toBeGreaterThan(1300);
    expect((times[20] ?? 0) / 1000).toBeLessThan(1700);
    expect(result.points.at(-1)?.users).toBe(0);
  });

  test('the same seed sends the same messages at the same due times', async () => {
    const server = await standIn();
    const sends: string[][] = [];
    for (let run = 0; run < 2; run += 1) {
      const { drive, historyDir } = start(server.url, { stages: hold(20, 200, 1300) });
      await drive.result;
      const records = history(historyDir).filter(({ kind }) => kind === recordKind.sent);
      sends.push(records.map(({ user, n, atUs }) => `${user} ${n} ${atUs}`).toSorted());
    }
    // A user joins a moment earlier or later, which may cost or bring its very first send.
    const both = new Set(sends[0]).intersection(new Set(sends[1]));
    expect(both.size).toBeGreaterThanOrEqual((sends[0]?.length ?? 0) * 0.9);
  });
});

describe('a server that fails', () => {
  test('killed in the middle: the run ends by itself and counts the lost', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(50, 300, 3000), drainMs: 500 });
    await untilTick(drive, ({ users }) => users === 50);
    await server.close();
    const result = await drive.result;
    expect(result.stopped).toBe(false);
    expect(result.users).toMatchObject({ attempted: 50, refused: 0, lost: 50 });
    expect(result.finalRead.done).toBe(false);
    expect(op(result, 'connect').errors).toBeGreaterThan(0);
    expect(Object.keys(result.errorTexts).join()).toContain('ECONNREFUSED');
  }, 30_000);

  test('connections cut: users come back, resume, and miss nothing', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(50, 300, 4700) });
    await untilTick(drive, ({ users }) => users === 50);
    server.cut();
    const result = await drive.result;
    expect(result.users).toMatchObject({ lost: 0, refused: 0, peak: 50 });
    const records = history(historyDir);
    const of = (kind: number): HistoryRecord[] => records.filter((record) => record.kind === kind);
    expect(of(recordKind.resumed)).toHaveLength(50);
    expect(of(recordKind.joined)).toHaveLength(50);
    expect(of(recordKind.disconnected).filter(({ code }) => code === 0)).toHaveLength(50);
    expect(of(recordKind.indeterminate)).toHaveLength(0);
    const sent = of(recordKind.sent).length;
    expect(of(recordKind.acked)).toHaveLength(sent);
    expect(of(recordKind.stored)).toHaveLength(sent);
    expect(missing(records)).toEqual([]);
  });

  test('a resync: the room is refetched, and what is learnt so is told apart', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(20, 200, 3800) });
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
    const { drive } = start(server.url, { stages: hold(10, 200, 4000) });
    await untilTick(drive, ({ refused }) => refused === 10);
    server.refuseWith = undefined;
    const result = await drive.result;
    expect(result.users).toMatchObject({ refused: 0, lost: 0, peak: 10 });
  });

  test('refused sends are refused; UNAVAILABLE is tried again with the same id', async () => {
    const server = await standIn();
    server.nack = { code: 'RATE_LIMITED' };
    const { drive, historyDir } = start(server.url, { stages: hold(10, 100, 3900) });
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

describe('ending early', () => {
  test('stop drains, reads the log and gives the result; no worker is left', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(50, 300, 60_000) });
    await untilTick(drive, ({ users }) => users === 50);
    const workers = childPids();
    expect(workers.length).toBeGreaterThan(0);
    const askedAt = Date.now();
    drive.stop();
    const result = await drive.result;
    expect(Date.now() - askedAt).toBeLessThan(5000);
    expect(result.stopped).toBe(true);
    expect(result.finalRead.done).toBe(true);
    expect(result.generator.saturated).toBe(false);
    expect(count(result, 'chat.ack')).toBe([...server.rooms.values()].flat().length);
    expect(workers.filter(isAlive)).toEqual([]);
  });

  test('abort ends at once with what was measured; no worker is left', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(50, 300, 60_000) });
    await untilTick(drive, ({ users }) => users === 50);
    const workers = childPids();
    const askedAt = Date.now();
    await drive.abort();
    expect(Date.now() - askedAt).toBeLessThan(1500);
    expect(workers.filter(isAlive)).toEqual([]);
    const result = await drive.result;
    expect(count(result, 'chat.delivery')).toBeGreaterThan(0);
    expect(result.finalRead).toEqual({ done: false, why: 'the run was aborted' });
    expect(history(historyDir).some(({ kind }) => kind === recordKind.delivered)).toBe(true);
  });

  test('a worker that is killed: its users are lost, the others go on, the result says so', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(40, 300, 2700), workers: 2 });
    await untilTick(drive, ({ users }) => users === 40);
    const [victim] = childPids();
    process.kill(victim ?? 0, 'SIGKILL');
    const result = await drive.result;
    expect(result.users.lost).toBe(20);
    expect(Object.keys(result.errorTexts).join()).toMatch(
      /load worker \d died \(it was killed by SIGKILL\)/,
    );
    expect(result.finalRead.done).toBe(false);
  });

  test('the parent killed by SIGKILL leaves no worker behind', async () => {
    const server = await standIn();
    const script = fileURLToPath(
      new URL('../../../test/servers/drive-forever.ts', import.meta.url),
    );
    const parent = spawn(process.execPath, [script, server.url, folder()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      parent.kill('SIGKILL');
    });
    await new Promise((resolve) => {
      parent.stdout.once('data', resolve);
    });
    const workers = childPids(parent.pid);
    expect(workers.length).toBeGreaterThan(0);
    parent.kill('SIGKILL');
    await vi.waitFor(() => {
      expect(workers.filter(isAlive)).toEqual([]);
    }, 5000);
  });

  test('a full disk: a clean stop, the reason in the result, the figures kept', async () => {
    const server = await standIn();
    const historyDir = folder();
    symlinkSync('/dev/full', path.join(historyDir, 'worker-0.bin'));
    // One chunk is 4,096 records: 100 users in rooms of 50 fill it within two seconds.
    const { drive } = start(server.url, {
      stages: hold(100, 200, 30_000),
      roomSize: 50,
      historyDir,
    });
    const result = await drive.result;
    expect(result.stopped).toBe(true);
    expect(result.durationMs).toBeLessThan(15_000);
    expect(result.finalRead.done).toBe(false);
    expect(result.finalRead.why).toContain('ENOSPC');
    expect(count(result, 'chat.delivery')).toBeGreaterThan(1000);
  });
});

describe('the generator watches itself', () => {
  test('a worker that was stopped on purpose reports late sends and is saturated', async () => {
    const server = await standIn();
    const { drive } = start(server.url, { stages: hold(100, 200, 3000) });
    await untilTick(drive, ({ users }) => users === 100);
    const [worker] = childPids();
    process.kill(worker ?? 0, 'SIGSTOP');
    await new Promise((resolve) => {
      setTimeout(resolve, 600);
    });
    process.kill(worker ?? 0, 'SIGCONT');
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
    expect(result.generator.lateSends).toBeLessThanOrEqual(result.holdSends * 0.01);
  });
});

type Options = Partial<Scenario> & { workers?: number; historyDir?: string };

function start(url: string, options: Options): { drive: Drive; historyDir: string } {
  const { workers = null, historyDir = folder(), ...scenario } = options;
  runs += 1;
  const drive = nativeDriver(realWorld()).start({
    runId: `t${process.pid}-${runs}`,
    historyDir,
    workers,
    target: { url, secret: 'a secret of at least thirty-two characters' },
    scenario: {
      name: 'test',
      description: '',
      protocol: 'socket.io',
      stages: hold(10, 100, 900),
      rate: { kind: 'per-user', perSec: 1 },
      roomSize: 10,
      payloadBytes: 64,
      http: { perSec: 0, path: '/api/v1/rooms' },
      pollingShare: 0,
      fidelityUsers: 0,
      churnPerMin: 0,
      drainMs: 2000,
      thresholds: [],
      seed: 1,
      ...scenario,
    },
  });
  onTestFinished(async () => {
    await drive.abort();
  });
  return { drive, historyDir };
}
let runs = 0;

function hold(users: number, rampMs: number, holdMs: number): [Stage, Stage] {
  return [
    { durationMs: rampMs, target: users },
    { durationMs: holdMs, target: users },
  ];
}

async function standIn(): Promise<StandIn> {
  const server = await startStandIn();
  onTestFinished(async () => {
    await server.close();
  });
  return server;
}

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'rtops-load-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true, force: true });
  });
  return made;
}

async function untilTick(
  drive: Drive,
  enough: (tick: { t: number; users: number; errors: number; refused: number }) => boolean,
): Promise<void> {
  const iterator = drive.ticks[Symbol.asyncIterator]();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    if (enough(next.value)) return;
  }
  throw new Error('the run ended before the tick that was waited for');
}

function history(historyDir: string): HistoryRecord[] {
  return readdirSync(historyDir).flatMap((name) => {
    const bytes = readFileSync(path.join(historyDir, name));
    expect(bytes.length % recordBytes).toBe(0);
    return Array.from({ length: bytes.length / recordBytes }, (_, i) =>
      readRecord(bytes, i * recordBytes),
    );
  });
}

/** Pairs (recipient, seq) above the recipient's join that neither arrived nor were refetched. */
function missing(records: readonly HistoryRecord[]): string[] {
  const stored = records.filter(({ kind }) => kind === recordKind.stored);
  const got = new Set(
    records
      .filter(({ kind }) => kind === recordKind.delivered || kind === recordKind.resynced)
      .map(({ user, value }) => `${user} ${value}`),
  );
  return records
    .filter(({ kind }) => kind === recordKind.joined)
    .flatMap(({ user, room, value: head }) =>
      stored
        .filter((message) => message.room === room && message.value > head)
        .map(({ value }) => `${user} ${value}`),
    )
    .filter((pair) => !got.has(pair));
}

function op(result: DriveResult, name: string): DriveResult['ops'][string] {
  const found = result.ops[name];
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found;
}

function count(result: DriveResult, name: string): number {
  return op(result, name).count;
}

/** Children of a process that are load workers. */
function childPids(parent: number = process.pid): number[] {
  const table = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(parent)], {
    encoding: 'utf8',
  });
  return table
    .split('\n')
    .filter((line) => line.includes('worker-main'))
    .map((line) => Number.parseInt(line, 10));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
