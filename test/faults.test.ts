/** What goes wrong in the system or the generator, and what the verdict makes of it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { newHome, processesOf, upDetached } from './testing/rtops.ts';
import type { Home } from './testing/rtops.ts';
import { pidOf } from '../cli/system/testing/pid-of.ts';

const hold = (seconds: number, users = 60): string[] => [
  ...['bench', '--stage', `1s:${users}`, '--stage', `${seconds}s:${users}`, '--rate', '1/s/user'],
];

describe('the verdict tells the system from the generator', () => {
  test('a server killed in the middle is a fail that is counted, and the run ends', async () => {
    const home = newHome();
    const { services } = await upDetached(home, 'single', '--set', 'restart.policy=no');
    const server = services.find(({ name }) => name === 'server-1');
    const running = home.start(...hold(6), '--reporter', 'json');
    await running.said(/"acked":[1-9]/);
    process.kill(pidOf(server), 'SIGKILL');
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(99);
    const report = home.report();
    expect(report.users.lost).toBeGreaterThan(0);
  });

  test.each([
    { does: 'and is started again', policy: [] },
    { does: 'and is not started again', policy: ['--set', 'restart.policy=no'] },
  ])(
    'one of two servers killed $does: everybody is back, a fail all the same',
    async ({ policy }) => {
      const home = newHome();
      const { services } = await upDetached(home, 'scaled', ...policy);
      const server = services.find(({ name }) => name === 'ws-1');
      const running = home.start(...hold(8), '--reporter', 'json');
      await running.said(/"acked":[1-9]/);
      process.kill(pidOf(server), 'SIGKILL');
      const ended = await running.ended;
      expect(ended.code, ended.stdout.slice(-2000) + ended.stderr).toBe(99);
      const report = home.report();
      expect(report.users).toMatchObject({ refused: 0, lost: 0 });
      expect(report.users.thrownOff).toBeGreaterThan(0);
      expect(
        report.thresholds.find(({ metric }) => metric === 'service.restarts[*]'),
      ).toMatchObject({
        observed: 1,
        verdict: 'fail',
      });
      const again = await home.run('report');
      expect(again.stdout).toMatch(/[1-9]\d* thrown off/);
    },
  );

  test('a server that refuses users is a fail, never an excuse', async () => {
    const home = newHome();
    const ended = await home.run(...hold(3), '--set', 'server.maxConnections=30');
    expect(ended.code, ended.stdout + ended.stderr).toBe(home.unlessStarved(99));
    expect(home.report().users.refused).toBeGreaterThan(0);
  });

  test('a generator that was starved is no verdict, and is named', async () => {
    const home = newHome();
    const running = home.start(...hold(6), '--workers', '1', '--reporter', 'json');
    await running.said(/"acked":[1-9]/);
    const workers = childrenOf(pidOf(running.child), 'worker-main');
    expect(workers.length).toBeGreaterThan(0);
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    const ended = await running.ended;
    expect(ended.code, ended.stdout.slice(-3000) + ended.stderr).toBe(122);
    const report = home.report();
    expect(report.generator.saturated).toBe(true);
    expect(report.notes.join(' ')).toContain('generator');
  });
});

describe('a load worker that is killed', () => {
  test('is its own reason for no verdict, is no loss, and the history still proves the ledger', async () => {
    const home = newHome();
    const running = home.start(...hold(6), '--workers', '2', '--reporter', 'json');
    await running.said(/"acked":[1-9]\d/);
    const [victim = 0] = childrenOf(pidOf(running.child), 'worker-main');
    process.kill(victim, 'SIGKILL');
    const ended = await running.ended;
    expect(ended.code, ended.stdout.slice(-3000) + ended.stderr).toBe(122);
    const report = home.report();
    expect(report.notes[0]).toMatch(/^load worker \d ended \(SIGKILL\): the load was not brought$/);
    expect(report.users.lost).toBe(0);
    expect(report.ledger.lost).toBe(0);
    expect(report.generator.saturated).toBe(false);
    const verified = await home.run('verify');
    expect(verified.code, verified.stdout).toBe(0);
  });
});

describe('the checks check themselves', () => {
  test.each([
    { sabotage: 'drop', why: 'one delivery in 1,000 is dropped', classes: ['dropped', 'lost'] },
    { sabotage: 'double', why: 'one delivery in 1,000 comes twice', classes: ['duplicated'] },
    { sabotage: 'swap', why: 'two neighbours are swapped', classes: ['reordered'] },
    { sabotage: 'store-twice', why: 'one id is stored under two seqs', classes: ['duplicated'] },
  ])('$why: the ledger names it, with ids', async ({ sabotage, classes }) => {
    const home = newHome();
    const ended = await home.run(
      ...['bench', '--stage', '1s:100', '--stage', '6s:100', '--rate', '4/s/user'],
      ...['--set', `server.sabotage=${sabotage}`],
      ...['--threshold', 'ledger.dropped = 0'],
    );
    expect(ended.code, ended.stdout + ended.stderr).toBe(99);
    const failed = home.report().thresholds.filter(({ verdict }) => verdict === 'fail');
    expect(failed.map(({ metric }) => metric)).toContain(`ledger.${classes[0]}`);
    const found = home.report().ledger.exceptions.filter((one) => classes.includes(one.class));
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]?.id).toMatch(/\d+\.\d+\.\d+/);
    expect(found[0]?.recipient).toMatch(/^u\d+$/);
  });

  test('a server that acks before it stores, and dies, is shown losing acked messages', async () => {
    const home = newHome();
    const { services } = await upDetached(
      home,
      ...['scaled', '--set', 'server.sabotage=ack-before-store', '--set', 'ws.count=3'],
    );
    const nodeOf = (node: string) => services.find(({ name }) => name === node);
    const running = home.start(...hold(8, 200), '--rate', '4/s/user', '--reporter', 'json');
    // What it loses is what was on its way to the store for 50 ms, which may by chance be nothing:
    // so one node dies, and a second or two later another; the third keeps the system alive.
    await running.said(/"acked":[1-9]\d{2}/);
    process.kill(pidOf(nodeOf('ws-1')), 'SIGKILL');
    await running.said(/"acked":[2-9]\d{3}/);
    process.kill(pidOf(nodeOf('ws-2')), 'SIGKILL');
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(99);
    const unstored = home.report().ledger.exceptions.filter((one) => one.class === 'unstored');
    expect(unstored.length).toBeGreaterThan(0);
  });

  test('polling users on scaled without stickiness see sessions break', async () => {
    const broken = await pollingOn(newHome(), 'round_robin');
    expect(broken.code, broken.said).toBe(broken.unlessStarved(99));
    expect(broken.connectErrors).toBeGreaterThan(0);
  });

  test.each(['ip_hash', 'cookie'])(
    'polling users on scaled with %s see none break',
    async (balance) => {
      const sticky = await pollingOn(newHome(), balance);
      expect(sticky.code, sticky.said).toBe(sticky.unlessStarved(0));
      expect(sticky.connectErrors, sticky.said).toBe(0);
    },
  );
});

async function pollingOn(
  home: Home,
  balance: string,
): Promise<{
  code: number | null;
  unlessStarved: Home['unlessStarved'];
  connectErrors: number;
  said: string;
}> {
  writeFileSync(
    `${home.dir}/polling.yaml`,
    `name: polling\nstages: ['1s:20', '3s:20']\nrate: 0.5/s/user\npolling: 100%\nfidelity: 0\n`,
  );
  const ended = await home.run(
    ...['bench', './polling.yaml', '--topology', 'scaled', '--set', `proxy.ws.balance=${balance}`],
    ...['--no-default-thresholds', '--threshold', 'connect errors < 1%'],
  );
  expect(processesOf(home)).toEqual([]);
  const report = home.report();
  return {
    code: ended.code,
    unlessStarved: home.unlessStarved,
    connectErrors: report.ops['connect']?.errors ?? 0,
    said: ended.stdout + ended.stderr,
  };
}

/** Pids of the descendants of a process whose command line contains a word. */
function childrenOf(pid: number, word: string): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => {
    const line = readFileSync(`/proc/${child}/cmdline`, 'utf8');
    return [...(line.includes(word) ? [child] : []), ...childrenOf(child, word)];
  });
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
