/** up, down, ps and logs as other shells use them: real processes of the real command. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { findBinary } from '../system/find-binary.ts';
import { pidOf } from '../system/testing/pid-of.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { newShell } from './testing/shell.ts';
import type { Shell } from './testing/shell.ts';

// Each command is a process; on a machine that does other things as well they take their time.
vi.setConfig({ testTimeout: 120_000 });

type Row = { readonly name: string; readonly pid: number; readonly state: string };

async function rows(shell: Shell): Promise<readonly Row[]> {
  const { stdout } = await shell.run('ps', '--json');
  return (JSON.parse(stdout) as { services: Row[] }).services;
}

test('up -d returns when all is ready; ps, logs and down work from other shells', async () => {
  const shell = newShell();
  const up = await shell.run('up', '-d', '--json');
  expect(up.stderr).toMatch(/^nginx +ready/m);
  expect(up.code).toBe(0);
  const document: unknown = JSON.parse(up.stdout);
  expect(document).toMatchObject({
    schemaVersion: 1,
    topology: 'scaled',
    logs: join(shell.dir, '.rtops', 'logs'),
    runs: join(shell.dir, '.rtops', 'runs'),
  });
  const { services, url } = document as { services: Row[]; url: string };
  expect(services.map(({ name, state }) => `${name} ${state}`).join(', ')).toBe(
    'redis ready, api-1 ready, api-2 ready, ws-1 ready, ws-2 ready, nginx ready',
  );
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(JSON.parse((await shell.run('ps', '--json')).stdout)).toEqual(document);
  expect((await shell.run('ps')).stdout).toMatch(
    /^ws-2 +server +\d+ +127\.0\.0\.1:\d+ +ready +0$/m,
  );

  expect((await shell.run('up', '-d')).stdout).toBe(`scaled is up at ${url}\n`);
  const other = await shell.run('up', '-d', '--scale', 'ws=3');
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('ws.count is 2, 3 was asked for');

  expect((await shell.run('logs')).stdout).toMatch(/^ws-1 {11}\| \{/m);
  expect((await shell.run('logs', 'ws-1')).stdout).toMatch(/^\{/);
  const wrong = await shell.run('logs', 'ws-7');
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('ws-1, ws-2');
  const follow = shell.start('logs', '-f', 'supervisor');
  await waitUntil(() => follow.said().includes('nginx ready'));
  const killed = pidOf(services.find(({ name }) => name === 'ws-1'));
  process.kill(killed, 'SIGKILL');
  await waitUntil(() => /ws-1 restarting: it was ended by SIGKILL/.test(follow.said()));
  await waitUntil(async () => {
    const now = (await rows(shell)).find(({ name }) => name === 'ws-1');
    return now?.state === 'ready' && now.pid !== killed;
  });
  process.kill(follow.pid, 'SIGINT');
  expect((await follow.ended).code).toBe(0);

  expect((await shell.run('heal')).stdout).toContain('nothing to heal');
  expect(await shell.run('down')).toMatchObject({ code: 0 });
  expect(shell.left()).toEqual([]);
  expect(existsSync(join(shell.dir, '.rtops', 'data', 'redis'))).toBe(true);
  expect(await shell.run('down', '-v')).toMatchObject({
    code: 0,
    stdout: 'nothing was up in this folder\ndata removed\n',
  });
  expect(existsSync(join(shell.dir, '.rtops', 'data'))).toBe(false);
});

test('of two that start at once in one folder one wins', async () => {
  const shell = newShell();
  const both = await Promise.all([
    shell.run('up', '-d', 'single'),
    shell.run('up', '-d', 'single'),
  ]);
  expect(new Set(both.map(({ code }) => code))).toEqual(new Set([0, 120]));
  expect(both.find(({ code }) => code === 120)?.stderr).toMatch(/already up|just starting/);
  expect(shell.left()).toHaveLength(1);
});

test('a system whose folder is removed ends by itself', async () => {
  const shell = newShell();
  await shell.run('up', '-d', 'single');
  expect(shell.left()).toHaveLength(1);
  rmSync(join(shell.dir, '.rtops'), { recursive: true });
  await waitUntil(() => shell.left().length === 0);
});

describe('attached', () => {
  test('Ctrl-C stops it: 0, and nothing is left', async () => {
    const shell = newShell();
    const up = shell.start('up', 'single');
    await waitUntil(() => up.said().includes('single is up at http://127.0.0.1:'));
    process.kill(up.pid, 'SIGINT');
    expect((await up.ended).code).toBe(0);
    expect(shell.left()).toEqual([]);
  });

  test('down from another shell ends it', async () => {
    const shell = newShell();
    const up = shell.start('up', 'single');
    await waitUntil(() => up.said().includes('single is up'));
    expect((await shell.run('down')).stdout).toBe('stopping single (1 services)\nstopped\n');
    expect((await up.ended).code).toBe(0);
    expect(shell.left()).toEqual([]);
  });

  test.each(['up', 'up -d'])('Ctrl-C before it is ready is 105: %s', async (words) => {
    const shell = newShell();
    const up = shell.start(...words.split(' '));
    await waitUntil(() => up.said().includes('api-1'));
    process.kill(up.pid, 'SIGINT');
    expect((await up.ended).code).toBe(105);
    expect(shell.left()).toEqual([]);
  });
});

test.each(['up', 'up -d'])(
  'a second Ctrl-C does not wait for a service that will not end: %s',
  async (words) => {
    const redis = await findBinary('redis-server', process.env['PATH']);
    // Its version is asked with an option; what runs it is still there when Redis has ended.
    const stubborn = `#!/bin/sh\ncase "$1" in -*) exec '${redis}' "$@";; esac\ntrap '' TERM\n'${redis}' "$@"\nexec sleep 60\n`;
    const bin = programs({ 'redis-server': stubborn });
    const shell = newShell({ PATH: `${bin}:${process.env['PATH']}` });
    const up = shell.start(...words.split(' '));
    await waitUntil(() => /redis +ready/.test(up.said()));
    process.kill(up.pid, 'SIGINT');
    const firstAtMs = Date.now();
    let ended = false;
    void up.ended.then(() => (ended = true));
    // The supervisor of `up -d` hears of it a little later, and counts its half second from then.
    await waitUntil(() => Date.now() - firstAtMs > 1000);
    expect(ended).toBe(false);
    process.kill(up.pid, 'SIGINT');
    expect((await up.ended).code).toBe(105);
    // Redis has 10 s to end by itself.
    expect(Date.now() - firstAtMs).toBeLessThan(6000);
    expect(shell.left()).toEqual([]);
  },
);

describe('up -d that cannot succeed is 120 and leaves nothing', () => {
  test('a port in use, and by whom', async () => {
    const shell = newShell();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void squatter.close());
    const address = squatter.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const up = await shell.run('up', '-d', '--port', port);
    expect(up.code).toBe(120);
    expect(up.stderr).toContain(`port ${port} of 127.0.0.1 cannot be used`);
    expect(up.stderr).toContain(`pid ${process.pid} (`);
    expect(shell.left()).toEqual([]);
  });

  test('a service that dies at start: its name, its last lines, the next command', async () => {
    const bin = programs({ 'redis-server': '#!/bin/sh\necho "Bad directive" >&2\nexit 1\n' });
    const shell = newShell({ PATH: `${bin}:${process.env['PATH']}` });
    const { code, stderr } = await shell.run('up', '-d');
    expect(code).toBe(120);
    expect(stderr).toContain(
      'rtops: redis did not start\n  why: it ended with code 1\n  | Bad directive\n  next: rtops logs redis\n',
    );
    expect(shell.left()).toEqual([]);
  });
});

test('an empty folder: nothing is up, nothing to stop, nothing is made', async () => {
  const shell = newShell();
  expect((await shell.run('ps')).stdout).toContain('nothing is up in this folder');
  expect(JSON.parse((await shell.run('ps', '--json')).stdout)).toMatchObject({
    topology: null,
    url: null,
    services: [],
  });
  expect((await shell.run('down')).stdout).toBe('nothing was up in this folder\n');
  expect((await shell.run('heal')).stdout).toBe('nothing to heal\n');
  expect((await shell.run('logs')).stdout).toContain('no logs in this folder yet');
  expect(existsSync(join(shell.dir, '.rtops'))).toBe(false);
});

/** A folder with programs of these texts, for the front of PATH. */
function programs(texts: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-bin-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(dir, name), text, { mode: 0o755 });
  }
  return dir;
}
