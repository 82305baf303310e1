/** Faults on real systems under real load: each bites, is undone, and costs no acknowledged message. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Report } from '../cli/report/report.ts';
import { readRecord, recordBytes, recordKind } from '../cli/samples/history.ts';
import { newHome, processesOf, upDetached } from './testing/rtops.ts';
import type { Home } from './testing/rtops.ts';
import { pidOf } from '../cli/system/testing/pid-of.ts';

const promises = [
  '--no-default-thresholds',
  ...['ledger.lost = 0', 'ledger.duplicated = 0', 'ledger.reordered = 0', 'fault.neverBack = 0'],
].flatMap((text) => (text.startsWith('--') ? [text] : ['--threshold', text]));

function stages(seconds: number, users = 60): string[] {
  return ['--stage', `1s:${users}`, '--stage', `${seconds}s:${users}`, '--rate', '1/s/user'];
}

const faults = (...texts: string[]): string[] => texts.flatMap((text) => ['--fault', text]);

/** Whatever its verdict, `verify` must count the same from the run's history. */
async function failover(home: Home, ...args: string[]): Promise<{ report: Report; said: string }> {
  const ended = await home.run('failover-test', ...promises, ...args, '--reporter', 'plain');
  const said = ended.stdout + ended.stderr;
  // A machine that is busy with other things makes no verdict; a fail is never the machine's, unless
  // two cores are too few for one pool to be quick while the other has its users back.
  const failed = home.report().thresholds.filter(({ verdict }) => verdict === 'fail');
  expect(ended.code === 99 ? failed.map(({ text }) => text) : [], said).toEqual(
    failed.filter(({ text }) => / p95 < .* during /.test(text)).map(({ text }) => text),
  );
  expect([0, 99, 122], said).toContain(ended.code);
  expect(processesOf(home)).toEqual([]);
  const verified = await home.run('verify');
  expect(verified.code, verified.stdout).toBe(0);
  return { report: home.report(), said };
}

function expectKept({ ledger, users }: Report, said: string): void {
  expect(ledger.acked, said).toBeGreaterThan(100);
  expect(ledger, said).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, neverBack: 0 });
  expect(users.lost, said).toBe(0);
}

describe('a short version of each kind of fault, on `scaled` with durability always', () => {
  test('processes: kill, term, pause and block', async () => {
    const { report, said } = await failover(
      newHome(),
      ...stages(20),
      ...faults('kill@ws-2,at=4s,for=2s', 'term@ws-1,at=10s,for=1s'),
      ...faults('pause@api-1,at=14s,for=1s', 'block@ws-2,at=17s,for=1s'),
    );
    expectKept(report, said);
    expect(report.faults.map(({ kind, bit }) => [kind, bit])).toEqual(
      ['kill', 'term', 'pause', 'block'].map((kind) => [kind, true]),
    );
    // Each pool's faults are held against the other pool.
    expect(report.isolations?.map(({ cause, other }) => [cause, other])).toEqual([
      ['pause@api-1', 'chat'],
      ['kill@ws-2, term@ws-1, block@ws-2', 'http'],
    ]);
    const rows = report.thresholds.filter(({ text }) => text.includes(' during '));
    expect(rows.map(({ metric }) => metric)).toEqual(['chat.ack', 'http']);
    const [kill, term] = report.faults;
    expect(kill?.affected).toBe(kill?.clientsOnNode);
    expect(kill?.affected).toBeGreaterThan(10);
    expect(kill?.neverResumed).toBe(0);
    expect(term?.affected).toBeGreaterThan(10);
    expect(report.ledger.exceptions.every(({ fault }) => fault !== undefined)).toBe(true);
  });

  test('Redis: restart, client-kill, pause, slow-fsync, kill and power-loss', async () => {
    const { report, said } = await failover(
      newHome(),
      ...stages(24),
      ...faults('restart@redis,at=4s', 'client-kill@redis,at=7500ms', 'pause@redis,at=10s,for=1s'),
      ...faults('slow-fsync@redis,at=13s,for=1500ms,delay=200ms'),
      ...faults('kill@redis,at=16s,for=1s', 'power-loss@redis,at=20s'),
    );
    expectKept(report, said);
    const kinds = ['restart', 'client-kill', 'pause', 'slow-fsync', 'kill', 'power-loss'];
    expect(
      report.faults.map(({ kind, bit }) => [kind, bit]),
      said,
    ).toEqual(kinds.map((kind) => [kind, true]));
  });

  test('nginx: a reload every 2 s, worker-kill, a broken config and kill; verify counts it all again', async () => {
    const home = newHome();
    writeFileSync(
      join(home.dir, 'fresh.yaml'),
      "stages: ['1s:60', '20s:60']\nrate: 1/s/user\nhttp: {rate: 100/s, fresh: 50%}\n",
    );
    const { report, said } = await failover(
      home,
      './fresh.yaml',
      ...faults('reload@nginx,at=4s,every=2s,for=6s', 'worker-kill@nginx,at=11500ms'),
      ...faults('bad-config@nginx,at=13s,for=1s', 'kill@nginx,at=15500ms,for=1s'),
    );
    expectKept(report, said);
    const [reload, , badConfig, kill] = report.faults;
    expect(reload?.evidence).toMatch(/^[34] of [34] reloads took/);
    // Connections that are there outlive a reload, new ones find a worker, and what is reset is only
    // a kept one; a config that is refused changes nothing.
    expect(reload).toMatchObject({ bit: true, affected: 0, httpFreshFailed: 0 });
    expect(reload?.httpRequests).toBeGreaterThan(500);
    expect(reload?.httpFailed).toBe(reload?.httpResets);
    expect(badConfig).toMatchObject({ bit: true, affected: 0 });
    expect(report.faults.every(({ bit }) => bit)).toBe(true);
    // The control: where nobody listens, fresh requests fail and are seen to.
    expect(kill?.affected).toBe(60);
    expect(kill?.httpFreshFailed).toBeGreaterThan(20);
    expect(report.ops['http']?.freshErrors).toBeGreaterThanOrEqual(kill?.httpFreshFailed ?? 0);

    makeALeaver(home.runDir());
    const flipped = await home.run('verify');
    expect(flipped.code, flipped.stdout).toBe(99);
    expect(flipped.stdout).toMatch(/kill@nginx affected: the report says 60, the history 59/);
  });

  test('on an edge: each kind is felt; a delay of nothing makes a run without a verdict', async () => {
    const { report, said } = await failover(
      newHome(),
      ...stages(19),
      ...faults('latency@nginx-ws-1,at=4s,for=1s,delay=0ms'),
      ...faults('latency@nginx-ws-2,at=5s,for=1s,delay=200ms,jitter=20ms'),
      ...faults('rate@nginx-ws-1,at=6500ms,for=1s,rate=2KB/s', 'refuse@client-nginx,at=8s,for=1s'),
      ...faults('reset@nginx-ws-2,at=10s,for=500ms', 'cut@nginx-ws-1,at=12500ms,for=1s,bytes=1KB'),
      ...faults('blackhole@nginx-ws-2,at=15500ms,for=3s'),
    );
    expect(report.exitCode, said).toBe(122);
    expectKept(report, said);
    expect(
      report.faults.map(({ kind, bit }) => [kind, bit]),
      said,
    ).toEqual([
      ['latency', false],
      ...['latency', 'rate', 'refuse', 'reset', 'cut', 'blackhole'].map((kind) => [kind, true]),
    ]);
    const [nothing, , , refuse, reset, cut, blackhole] = report.faults;
    expect(nothing).toMatchObject({ affected: 0 });
    expect(report.notes.join(' ')).toContain('latency@nginx-ws-1 did not bite');
    expect(report.notes.join(' ')).not.toContain('blackhole@nginx-ws-2 did not bite');
    // Who is connected stays; only who comes is turned away.
    expect(refuse).toMatchObject({ affected: 0 });
    expect(refuse?.httpFreshFailed).toBeGreaterThan(3);
    expect(reset?.affected).toBe(reset?.clientsOnNode);
    expect(reset?.affected).toBeGreaterThan(10);
    expect(cut?.affected).toBeGreaterThan(10);
    expect(blackhole?.stalled).toBeGreaterThan(5);
  });
});

describe('a chat without ids, log or resume', () => {
  test('loses messages under the same kill, and they are counted', async () => {
    const home = newHome({ RTOPS_JWT_SECRET: 'a secret of at least thirty-two characters' });
    writeFileSync(
      join(home.dir, 'stock.yaml'),
      "stages: ['1s:60', '8s:60']\nrate: 2/s/user\nhttp: {rate: 0/s}\nfidelity: 0\ndrain: 2s\nclient: stock\n",
    );
    const port = await freePort();
    const first = await stockChat(port);
    const running = home.start(
      ...['bench', './stock.yaml', '--url', `http://127.0.0.1:${port}`, '--reporter', 'json'],
      ...['--no-default-thresholds', '--threshold', 'ledger.lost = 0'],
    );
    await running.said(/"acked":[1-9]\d{2}/);
    first.kill('SIGKILL');
    await stockChat(port);
    const ended = await running.ended;
    expect(ended.code, ended.stdout.slice(-3000) + ended.stderr).toBe(home.unlessStarved(99));
    const { ledger } = home.report();
    expect(ledger.lost).toBeGreaterThan(0);
    expect(ledger.exceptions.find((one) => one.class === 'lost')?.id).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('a verdict on faults that were not there', () => {
  test('a fault that does not bite is no verdict, however well the run went', async () => {
    const home = newHome();
    const { services } = await upDetached(home, 'scaled', '--set', 'restart.policy=no');
    const ws = services.find(({ name }) => name === 'ws-2')?.pid;
    if (ws === undefined) throw new Error('no ws-2');
    const running = home.start(
      ...['failover-test', ...stages(16), ...faults('pause@ws-2,at=12s,for=1s'), ...promises],
      ...['--reporter', 'plain'],
    );
    await running.said(/fault planned/);
    // Its target is gone for good before its time comes.
    process.kill(ws, 'SIGKILL');
    const ended = await running.ended;
    expect(ended.code, ended.stdout + ended.stderr).not.toBe(0);
    const { faults: done, notes, thresholds } = home.report();
    expect(done).toMatchObject([{ bit: false }]);
    expect(notes.join(' ')).toMatch(/pause@ws-2.*ws-2 does not run now/);
    expect(thresholds.filter(({ verdict }) => verdict === 'pass')).toEqual([]);
  });

  test('while one is under way no other load is let in', async () => {
    const home = newHome();
    const { url } = await upDetached(home, 'scaled');
    const running = home.start(
      ...['failover-test', ...stages(60), ...faults('pause@ws-2,at=55s,for=1s'), ...promises],
      ...['--reporter', 'plain'],
    );
    await running.said(/fault planned/);
    // What loads the same system meanwhile would be in its figures, and it in theirs.
    for (const args of [
      ['failover-test', ...stages(12), ...faults('pause@ws-1,at=6s,for=1s')],
      ['sticky-test', '--url', url],
      ['bench', '--url', url],
    ]) {
      const other = await home.run(...args);
      expect(other.code, other.stdout + other.stderr).toBe(120);
      expect(other.stderr).toContain('another rtops is loading');
    }
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(105);
  });

  test('a node that is not there, and a system of somebody else, are refused before the load', async () => {
    const home = newHome();
    const nobody = await home.run('failover-test', ...stages(12), ...faults('kill@ws-9,at=5s'));
    expect(nobody.code, nobody.stdout + nobody.stderr).toBe(2);
    expect(nobody.stderr).toContain('ws-9');
    expect(processesOf(home)).toEqual([]);
  });
});

describe('whatever ends the run undoes the fault', () => {
  test('Ctrl-C in the middle: the paused node runs again, and the report is written', async () => {
    const home = newHome();
    const { ws, running } = await paused(home);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code, ended.stdout + ended.stderr).toBe(105);
    expect(stateOf(ws)).not.toBe('T');
    expect(holdsOf(home)).toEqual([]);
    expect(home.report().run.partial).toBe(true);
  });

  test('kill -9 of rtops in the middle: the guard does it', async () => {
    const home = newHome();
    const { ws, running } = await paused(home);
    running.child.kill('SIGKILL');
    await running.ended;
    await expect.poll(() => stateOf(ws), { timeout: 10_000, interval: 50 }).not.toBe('T');
    expect(holdsOf(home)).toEqual([]);
  });
});

describe('a flood', () => {
  test.each([
    // More than one API server serves: what is left waiting at the end was not brought.
    { flood: 'http=20000/s', asked: 20_000, other: 'chat.ack' },
    { flood: 'chat=600/s', asked: 600, other: 'http' },
  ])(
    '$flood is brought beside the chat, and what the other pool felt is told',
    async ({ flood, asked, other }) => {
      const home = newHome();
      const ended = await home.run(
        ...['failover-test', '--flood', flood, '--topology', 'split', ...stages(9, 40)],
        ...['--no-default-thresholds', '--threshold', 'ledger.lost = 0', '--reporter', 'plain'],
      );
      const said = ended.stdout + ended.stderr;
      const report = home.report();
      // Two cores may be too few for both pools: then that row fails, and no other.
      expect([0, 99, 122], said).toContain(ended.code);
      const failed = report.thresholds.filter(({ verdict }) => verdict === 'fail');
      expect(
        failed.every(({ text }) => text.includes(`during flood ${flood}`)),
        said,
      ).toBe(true);
      expect(report.ledger, said).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 });
      expect(report.faults).toEqual([]);
      expect(report.isolation?.cause).toBe(`flood ${flood}`);
      const served = report.isolation?.flood?.ratePerSec ?? 0;
      expect(served, said).toBeGreaterThan(200);
      expect(served, said).toBeLessThan(1.1 * asked);
      expect(report.isolation?.inside.acks).toBeGreaterThan(50);
      expect(report.isolation?.outside.acks).toBeGreaterThan(100);
      const row = report.thresholds.find(({ text }) => text.includes('during flood'));
      expect(row?.metric).toBe(other);
      if (served < 0.8 * asked) expect(row?.verdict, said).not.toBe('pass');
      expect(processesOf(home)).toEqual([]);
    },
  );

  test('a scenario that breaks nothing is refused', async () => {
    const refused = await newHome().run('failover-test', 'chat-1000');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('breaks nothing');
  });
});

describe('several runs', () => {
  test('--repeat lists every run and its interval, and keeps them in the last report', async () => {
    const home = newHome();
    const ended = await home.run(
      ...['failover-test', ...stages(7, 40), ...faults('kill@ws-2,at=4s,for=1s'), ...promises],
      ...['--repeat', '2', '--json'],
    );
    expect([0, 122], ended.stderr).toContain(ended.code);
    const report = JSON.parse(ended.stdout) as Report;
    expect(report.repeats?.runs).toHaveLength(2);
    expect(report.repeats?.runs.map(({ lost }) => lost)).toEqual([0, 0]);
    expect(report.repeats?.resumeP99Ms?.values).toHaveLength(2);
    expect(ended.stderr).toContain('2 runs on fresh systems');
    expect(home.report().repeats).toEqual(report.repeats);
  });

  test('a series is refused while a system is up, and two series at once', async () => {
    const home = newHome();
    const both = await home.run('failover-test', '--repeat', '2', '--ladder');
    expect(both.code).toBe(2);
    expect((await home.run('up', 'single', '-d')).code).toBe(0);
    const refused = await home.run('failover-test', '--repeat', '2');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('fresh system');
  });
});

/** One record of the run's history changed: somebody who was thrown off by the last fault had left. */
function makeALeaver(runDir: string): void {
  const dir = join(runDir, 'history');
  for (const name of readdirSync(dir).filter((one) => one.endsWith('.bin'))) {
    const bytes = readFileSync(join(dir, name));
    for (let at = bytes.length - recordBytes; at >= 0; at -= recordBytes) {
      const { kind, code } = readRecord(bytes, at);
      if (kind !== recordKind.disconnected || code !== 0) continue;
      bytes[at + 1] = 1;
      writeFileSync(join(dir, name), bytes);
      return;
    }
  }
  throw new Error('nobody was thrown off');
}

/** A system that is up, and a failover-test on it that has just paused ws-2. */
async function paused(home: Home) {
  const { services } = await upDetached(home, 'scaled');
  const ws = pidOf(services.find(({ name }) => name === 'ws-2'));
  const running = home.start(
    ...['failover-test', ...stages(60), ...faults('pause@ws-2,at=3s,for=50s'), ...promises],
    ...['--reporter', 'plain'],
  );
  await running.said(/fault injected/);
  expect(stateOf(ws)).toBe('T');
  return { ws, running };
}

/** The state letter of a process; `gone` when there is none. */
function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] ?? '';
  } catch {
    return 'gone';
  }
}

function holdsOf(home: Home): string[] {
  const dir = join(home.dir, '.rtops', 'holds');
  return existsSync(dir) ? readdirSync(dir) : [];
}

async function stockChat(port: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./servers/stock-chat.ts', import.meta.url));
  const child = spawn(process.execPath, [file, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
