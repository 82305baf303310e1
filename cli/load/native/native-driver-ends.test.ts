import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import {
  childPids,
  count,
  folder,
  history,
  hold,
  isAlive,
  standIn,
  start,
  untilTick,
} from './testing/load-run.ts';
import { compareRecount } from '../../samples/compare-recount.ts';
import type { ReportedFigures } from '../../samples/compare-recount.ts';
import { recordBytes, recordKind } from '../../samples/history.ts';
import { recount } from '../../samples/recount.ts';
import { historyFiles, ledgerFromFiles } from '../history-files.ts';
import { pidOf } from '../../system/testing/pid-of.ts';

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

  test('an end while users still register is not kept waiting by a target that is silent', async () => {
    const asked = Promise.withResolvers<void>();
    const silent = createServer(() => asked.resolve());
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const { drive } = start(`http://127.0.0.1:${port}`, { secret: null });
    await asked.promise;
    const askedAt = Date.now();
    drive.stop();
    const result = await drive.result;
    expect(Date.now() - askedAt).toBeLessThan(6000);
    expect(result).toMatchObject({ stopped: true, users: { attempted: 0, peak: 0 } });
  });

  test('a worker that is killed: the system lost nobody, the others go on, the result says so', async () => {
    const server = await standIn();
    const { drive, historyDir } = start(server.url, { stages: hold(40, 300, 2700), workers: 2 });
    await untilTick(drive, ({ users }) => users === 40);
    const [victim] = childPids();
    process.kill(pidOf({ pid: victim }), 'SIGKILL');
    const result = await drive.result;
    expect(result.users.lost).toBe(0);
    expect(result.generator.endedWorkers).toHaveLength(1);
    expect(result.generator.endedWorkers[0]).toMatch(/^load worker \d ended \(SIGKILL\)$/);
    expect(Object.keys(result.errorTexts).join()).toMatch(
      /load worker \d died \(it was killed by SIGKILL\)/,
    );
    expect(result.finalRead.done).toBe(false);
    // What it saw until its last second is there, what it could not see is held against nobody,
    // and whoever counts again comes to the same ledger.
    const names = readdirSync(historyDir);
    const killed = names.find((name) => name.endsWith('-ended.bin'))?.replace('-ended', '') ?? '';
    expect(statSync(path.join(historyDir, killed)).size).toBeGreaterThan(20 * recordBytes);
    const run = { durationMs: result.durationMs, partial: false };
    const ledger = await ledgerFromFiles(historyDir, { runId: 'run', ...run });
    expect(ledger).toMatchObject({ lost: 0, dropped: 0, neverBack: 0 });
    const files = (await historyFiles(historyDir)).map((file) => readFileSync(file));
    const again = recount(files, run);
    const { ops, users } = result;
    const disagree = (figures: Partial<ReportedFigures>): readonly string[] =>
      compareRecount({ ledger, ops, users, cutShort: true, ...figures }, again)
        .filter(({ agrees }) => agrees === 'no')
        .map(({ metric }) => metric);
    expect(disagree({})).toEqual([]);
    // What a second cannot hold is no cut.
    const acks = ops['chat.ack']!;
    const inflated = { ...acks, count: acks.count + 99_999 };
    expect(disagree({ ops: { ...ops, 'chat.ack': inflated } })).toEqual(['chat.ack count']);
  });

  test('a worker that dies of an error: its own words are told, not its version of Node', async () => {
    const server = await standIn();
    const historyDir = folder();
    mkdirSync(path.join(historyDir, 'worker-0.bin'));
    const { drive } = start(server.url, { historyDir });
    const result = await drive.result;
    expect(result.generator.endedWorkers).toEqual(['load worker 0 ended (code 1)']);
    expect(Object.keys(result.errorTexts).join()).toMatch(
      /load worker 0 died \(it ended with code 1\): .*EISDIR/,
    );
  });

  test('the parent killed by SIGKILL leaves no worker behind', async () => {
    const server = await standIn();
    const script = fileURLToPath(new URL('./testing/drive-forever.ts', import.meta.url));
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
    expect(count(result, 'chat.delivery')).toBeGreaterThan(0);
  });
});
