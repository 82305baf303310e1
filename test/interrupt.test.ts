/** Ctrl-C, closed pipes, full disks: what was measured is never lost, nothing is left running. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Report } from '../cli/report/report.ts';
import { newHome, processesOf } from './testing/rtops.ts';
import type { Home } from './testing/rtops.ts';
import { pidOf } from '../cli/system/testing/pid-of.ts';

const long = ['bench', '--stage', '1s:40', '--stage', '60s:40', '--rate', '1/s/user'];
const plain = ['--reporter', 'plain'];
const verdictElsewhere = /stdout did not take .*Verdict: .* the report is in \.rtops\/runs\//;

describe('an interrupted bench', () => {
  test('one Ctrl-C drains, writes the report marked partial and exits 105', async () => {
    const home = newHome();
    const running = home.start(...long, '--reporter', 'json');
    await running.said(/"acked":[1-9]/);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code, ended.stdout.slice(-2000) + ended.stderr).toBe(105);
    const report = home.report();
    expect(report.run.partial).toBe(true);
    expect(report.exitCode).toBe(105);
    expect(report.ledger.acked).toBeGreaterThan(0);
    expect(report.ledger.lost).toBe(0);
    expect(processesOf(home)).toEqual([]);
    // Every worker handed in all it had: no figure of it is "cut".
    const verified = await home.run('verify');
    expect(verified.code, verified.stdout).toBe(0);
    expect(verified.stdout).not.toMatch(/ cut$/m);
  });

  test('a second Ctrl-C ends at once, children too, and the report is still there', async () => {
    const home = newHome();
    const running = home.start(...long, '--reporter', 'json');
    await running.said(/"acked":[1-9]/);
    // A server that hangs: neither the drain nor its own end comes by itself.
    const state = readFileSync(join(home.dir, '.rtops', 'state.json'), 'utf8');
    const { services } = JSON.parse(state) as { services: [{ pid: number }] };
    process.kill(pidOf(services[0]), 'SIGSTOP');
    running.child.kill('SIGINT');
    await running.said(/"draining"/);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const secondAtMs = Date.now();
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(105);
    expect(Date.now() - secondAtMs, 'ms after the second').toBeLessThan(4000);
    expect(home.report().run.partial).toBe(true);
    expect(home.report().judged?.cutShort, 'it was the second that ended it').toBe(true);
    expect(processesOf(home)).toEqual([]);
    const verified = await home.run('verify');
    expect(verified.code, verified.stdout).toBe(0);
  });

  test('SIGQUIT (Ctrl-\\) is an orderly end too, and leaves no process', async () => {
    const home = newHome();
    const running = home.start(...long, '--reporter', 'json');
    await running.said(/"acked":[1-9]/);
    running.child.kill('SIGQUIT');
    const ended = await running.ended;
    expect(ended, ended.stderr).toMatchObject({ code: 105, signal: null });
    expect(home.report().run.partial).toBe(true);
    expect(processesOf(home)).toEqual([]);
  });

  test.each([0, 100, 200])('Ctrl-C %i ms after the first line of bench exits 105', async (ms) => {
    const home = newHome();
    // Counted from when rtops' first line runs: Node itself needs some 50 to 100 ms before it.
    const running = home.start(...long, ...plain);
    await hearsSignals(running.child.pid);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended, ended.stderr).toMatchObject({ code: 105, signal: null });
    expect(processesOf(home)).toEqual([]);
  });

  test.each(['ps', 'report'])(
    'Ctrl-C ends %s with 105, unless it was done before',
    async (verb) => {
      const home = newHome();
      const uninterrupted = (await home.run(verb)).code;
      const running = home.start(verb);
      await hearsSignals(running.child.pid);
      running.child.kill('SIGINT');
      const { code, signal } = await running.ended;
      expect(signal).toBeNull();
      expect([105, uninterrupted]).toContain(code);
    },
  );

  test('Ctrl-C while the system is still starting leaves nothing behind', async () => {
    const home = newHome();
    const running = home.start(...long, '--topology', 'scaled', ...plain);
    await running.said(/starting scaled/);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(105);
    expect(processesOf(home)).toEqual([]);
  });

  test('a reader that goes away (| head) does not cost the run', async () => {
    const home = newHome();
    const running = home.start(
      'bench',
      '--stage',
      '2s:20',
      '--threshold',
      'ledger.lost = 0',
      ...plain,
    );
    await running.said(/single/);
    running.child.stdout?.destroy();
    const ended = await running.ended;
    expect(ended.signal).toBeNull();
    expect(existsSync(join(home.runDir(), 'report.json'))).toBe(true);
    expect(ended.stderr).toMatch(verdictElsewhere);
    expect(processesOf(home)).toEqual([]);
  });

  test('a stdout that takes nothing: the verdict and the report are named on stderr', async () => {
    const home = newHome();
    const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const child = spawn(process.execPath, [main, 'bench', '--stage', '2s:20', ...plain], {
      cwd: home.dir,
      env: { PATH: process.env['PATH'], HOME: home.dir, CI: 'true' },
      stdio: ['ignore', full, 'pipe'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(said).toMatch(verdictElsewhere);
    expect(home.report().exitCode, 'the exit code is still the verdict').toBe(code);
    expect(processesOf(home)).toEqual([]);
  });

  test('kill -9 of rtops, then heal: nothing is left', async () => {
    const home = newHome();
    const running = home.start(...long, ...plain, '--reporter', 'json');
    await running.said(/"acked":[1-9]/);
    running.child.kill('SIGKILL');
    await running.ended;
    const healed = await home.run('heal');
    expect(healed.code, healed.stdout + healed.stderr).toBe(0);
    expect(processesOf(home)).toEqual([]);
  });
});

describe('a disk that fills up', () => {
  test('says so, keeps what was measured, and leaves nothing running', async () => {
    const home = newHome();
    const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
    const small = mkdtempSync(join(tmpdir(), 'rtops-small-'));
    onTestFinished(() => rmSync(small, { recursive: true }));
    // A file system of 64 KiB in a mount namespace of its own; `-r` makes one without being root.
    const unshare = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
    const child = spawn(
      'unshare',
      [
        ...unshare,
        ...['sh', '-c', 'mount -t tmpfs -o size=64k none "$0" && exec "$@"', small],
        ...[process.execPath, main, 'bench', '--run-dir', join(small, 'run')],
        ...['--stage', '1s:60', '--stage', '5s:60', '--rate', '4/s/user', ...plain],
      ],
      { cwd: home.dir, env: { PATH: process.env['PATH'], HOME: home.dir, CI: 'true' } },
    );
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(code, said).toBe(120);
    expect(said).toContain('ENOSPC');
    expect(said).not.toContain('internal error');
    expect(said, 'the summary').toContain('chat.ack');
    expect(said).not.toContain('Interrupted');
    expect(said).toMatch(/the disk of \S+ (is|was) full/);
    await expectWhole(home, /saved in (\S+) instead/.exec(said)?.[1] ?? '');
  });
});

test('a run folder that is removed in the middle: the run goes on elsewhere, and all of it is kept', async () => {
  const home = newHome();
  const lost = join(home.dir, 'run');
  const running = home.start(
    ...['bench', '--run-dir', lost, '--stage', '1s:40', '--stage', '5s:40', '--rate', '1/s/user'],
    ...plain,
  );
  const history = join(lost, 'history', 'worker-0.bin');
  const writtenBytes = (): number => statSync(history, { throwIfNoEntry: false })?.size ?? 0;
  await expect.poll(writtenBytes, { timeout: 20_000 }).toBeGreaterThan(0);
  rmSync(lost, { recursive: true });
  const ended = await running.ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(120);
  expect(ended.stderr).not.toContain('internal error');
  expect(ended.stderr).toContain('the history file was removed');
  await expectWhole(home, /saved in (\S+) instead/.exec(ended.stderr)?.[1] ?? '');
});

/** All that a run leaves is there, and `verify` says so. */
async function expectWhole(home: Home, kept: string): Promise<void> {
  onTestFinished(() => rmSync(kept, { recursive: true, force: true }));
  expect(readdirSync(kept).toSorted()).toEqual(
    expect.arrayContaining([
      'detail.json',
      'events.jsonl',
      'history',
      'report.html',
      'report.json',
    ]),
  );
  const report = JSON.parse(readFileSync(join(kept, 'report.json'), 'utf8')) as Report;
  expect(report.run.partial).toBe(false);
  const verified = await home.run('verify', kept);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  expect(processesOf(home)).toEqual([]);
}

describe('a file system that is read-only', () => {
  test.each([
    { where: 'the run folder', folder: 'run', args: ['bench', '--run-dir'] },
    { where: 'the folder rtops works in', folder: '', args: ['up', 'single', '-d'] },
  ])('is named as the reason for $where', async ({ folder, args }) => {
    const home = newHome();
    const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
    const unshare = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
    const words = folder === '' ? args : [...args, join(home.dir, folder)];
    const child = spawn('unshare', [
      ...unshare,
      ...['sh', '-c', 'mount -t tmpfs -o ro none "$0" && cd "$0" && exec "$@"', home.dir],
      ...[process.execPath, main, ...words],
    ]);
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(code, said).toBe(120);
    expect(said).toContain('why: EROFS: read-only file system');
    expect(said).toMatch(/next: .*folder/);
  });
});

/**
 * Once rtops' own handlers are set: SIGHUP, the last of them, is bit 0 of SigCgt in /proc. Node itself
 * catches SIGINT and SIGTERM from its start, and dies of them.
 */
async function hearsSignals(pid: number | undefined): Promise<void> {
  await expect
    .poll(
      () => {
        const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
        return (BigInt(`0x${caught?.[1] ?? '0'}`) & 1n) !== 0n;
      },
      { interval: 5, timeout: 10_000 },
    )
    .toBe(true);
}
