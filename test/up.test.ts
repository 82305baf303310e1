/** `up`, `ps`, `logs`, `down`, `heal` from other shells, on real nginx, Redis and servers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { waitUntil } from '../cli/system/testing/wait-until.ts';
import { killSupervisor, newHome, processesOf, upDetached } from './testing/rtops.ts';
import type { Home, UpDocument } from './testing/rtops.ts';
import { pidOf } from '../cli/system/testing/pid-of.ts';

const lenient = ['--no-default-thresholds', '--threshold', 'ledger.lost = 0'];
const brief = ['--stage', '1s:40', '--stage', '3s:40', '--rate', '1/s/user', ...lenient];

describe('a system that stays up', () => {
  test('scaled: started, listed, used by a bench, healed by its supervisor, stopped', async () => {
    const home = newHome();
    const document = await upDetached(home, '--set', 'server.traceSample=1');
    expect(document).toMatchObject({ schemaVersion: 1, topology: 'scaled' });
    expect(document.services.map((one) => one.name).toSorted()).toEqual([
      ...['api-1', 'api-2', 'nginx', 'redis', 'ws-1', 'ws-2'],
    ]);
    expect(document.services.every((one) => one.state === 'ready')).toBe(true);

    const health = await fetch(`${document.url}/api/v1/health/ready`);
    expect(health.status).toBe(200);
    expect(health.headers.get('x-upstream')).toMatch(/127\.0\.0\.1:\d+/);
    expect(await health.json()).toMatchObject({ status: 'ok', info: { redis: { status: 'up' } } });

    const bench = await home.run('bench', ...brief);
    expect(bench.code, bench.stdout + bench.stderr).toBe(home.unlessStarved(0));
    const report = home.report();
    expect(report.topology?.name).toBe('scaled');
    expect(report.services.map((one) => one.name).toSorted()).toEqual(
      document.services.map((one) => one.name).toSorted(),
    );

    await expectTraced(home);

    const other = await home.run('bench', '--topology', 'split', ...brief);
    expect(other.code, other.stderr).toBe(2);
    const rescaled = await home.run('bench', '--set', 'ws.count=3', ...brief);
    expect(rescaled.code, rescaled.stderr).toBe(2);
    expect(rescaled.stderr).toContain('rtops down');

    const before = document.services.find((one) => one.name === 'ws-2');
    process.kill(pidOf(before), 'SIGKILL');
    const after = await waitUntil(async () => {
      const ps = JSON.parse((await home.run('ps', '--json')).stdout) as UpDocument;
      const ws2 = ps.services.find((one) => one.name === 'ws-2');
      return ws2?.state === 'ready' && ws2.pid !== before?.pid ? ws2 : undefined;
    });
    expect(after.pid).not.toBe(before?.pid);

    // It says so once its metrics port listens too, which is after it takes requests.
    await waitUntil(async () => {
      const logs = await home.run('logs', 'ws-2');
      return logs.stdout.includes('"msg":"listening"') ? true : undefined;
    });

    const down = await home.run('down');
    expect(down.code, down.stderr).toBe(0);
    expect(processesOf(home)).toEqual([]);
    expect((await home.run('ps')).stdout + (await home.run('ps')).stderr).toMatch(/nothing is up/i);
  });

  test('one bench at a time: a second one names the first, which is not disturbed', async () => {
    const home = newHome();
    expect((await home.run('up', 'single', '-d')).code).toBe(0);
    const first = home.start('bench', ...brief, '--reporter', 'json');
    await first.said(/"acked":[1-9]/);
    const second = await home.run('bench', ...brief);
    expect(second.code, second.stderr).toBe(120);
    expect(second.stderr).toContain(`pid ${first.child.pid}`);
    expect((await first.ended).code).toBe(home.unlessStarved(0));
    // Nor does a lock whose holder is dead stand in the way.
    const killed = home.start('bench', ...brief, '--reporter', 'json');
    await killed.said(/"acked":[1-9]/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const after = await home.run('bench', ...brief);
    expect(after.code, after.stdout + after.stderr).toBe(home.unlessStarved(0));
  });

  test('attached `up` stops everything at Ctrl-C', async () => {
    const home = newHome();
    const running = home.start('up', 'split');
    await running.said(/http:\/\/127\.0\.0\.1:\d+/);
    expect(processesOf(home).length).toBeGreaterThan(3);
    running.child.kill('SIGINT');
    await running.ended;
    expect(processesOf(home)).toEqual([]);
  });

  test('kill -9 of the supervisor: the next up starts clean, heal leaves nothing', async () => {
    const home = newHome();
    expect((await home.run('up', 'split', '-d')).code).toBe(0);
    killSupervisor(home);
    const again = await home.run('up', 'split', '-d', '--json');
    expect(again.code, again.stderr).toBe(0);
    expect((await home.run('bench', ...brief)).code).toBe(home.unlessStarved(0));

    killSupervisor(home);
    expect((await home.run('heal')).code).toBe(0);
    expect(processesOf(home)).toEqual([]);
  });

  test('a port in use exits 120, names the service, and leaves nothing', async () => {
    const home = newHome();
    const blocker = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void blocker.close());
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as AddressInfo;
    const up = await home.run('up', 'split', '-d', '--port', String(port));
    expect(up.code, up.stdout + up.stderr).toBe(120);
    expect(up.stderr).toContain(String(port));
    expect(up.stderr).toContain('next:');
    expect(processesOf(home)).toEqual([]);
  });

  test('a missing binary exits 120 and names rtops setup', async () => {
    const home = newHome({ PATH: '/nonexistent', RTOPS_BINARY_PATH: '/nonexistent' });
    const up = await home.run('up', 'split', '-d');
    expect(up.code, up.stdout + up.stderr).toBe(120);
    expect(up.stderr).toContain('rtops setup');
  });

  test('--help answers, and names every verb', async () => {
    const help = await newHome().run('--help');
    expect(help.code).toBe(0);
    for (const verb of ['bench', 'up', 'down', 'ps', 'logs', 'heal', 'report', 'verify', 'setup']) {
      expect(help.stdout).toContain(verb);
    }
  });
});

/** The run's slowest message is seen at every step; what is not there is said. */
async function expectTraced(home: Home): Promise<void> {
  const traced = await home.run('trace', 'slowest', '--json');
  expect(traced.code, traced.stderr).toBe(0);
  const { kind, timelines } = JSON.parse(traced.stdout) as {
    readonly kind: string;
    readonly timelines: readonly {
      readonly steps: readonly { readonly where: string; readonly what: string }[];
    }[];
  };
  expect(kind).toBe('message');
  const steps = (timelines[0]?.steps ?? []).map(({ where, what }) => `${where} ${what}`);
  for (const step of [
    /^u\d+ due$/,
    /^u\d+ sent$/,
    /^ws-[12] taken from u\d+/,
    /^redis .*stored as seq \d+, published/,
    /^ws-[12] arrived: seq/,
    /^ws-[12] emitted to \d+ members? here$/,
    /^ws-[12] ack handed to the socket/,
    /^u\d+ ack: seq/,
    /^u\d+ delivered: seq/,
  ]) {
    expect(
      steps.filter((one) => step.test(one)).length,
      `${step}\n${steps.join('\n')}`,
    ).toBeGreaterThan(0);
  }
  const lost = await home.run('trace', 'lost');
  expect(lost.code).toBe(0);
  expect(lost.stdout).toContain('lost no message');
  const unknown = await home.run('trace', 'nobody');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/messages in the logs: \d/);
  // Cut short and spoilt, a log still tells the rest.
  const log = join(home.runDir(), 'logs', 'ws-1.log');
  writeFileSync(log, `${readFileSync(log, 'utf8').slice(0, -20)}`);
  const damaged = await home.run('trace', 'slowest');
  expect(damaged.code, damaged.stderr).toBe(0);
  expect(damaged.stdout).toContain('the log of ws-1 ends inside a line');
}
