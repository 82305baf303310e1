/** The probe against other people's Socket.IO servers behind an nginx that others configured. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from 'socket.io';
import { expect, onTestFinished, test } from 'vitest';

import { breakOf } from '../../verdict/sticky/break-cause.ts';
import type { BreakCause } from '../../verdict/sticky/break-cause.ts';
import { findBinary } from '../../system/find-binary.ts';
import { freePorts } from '../../system/ports.ts';
import { testWorld } from '../../system/testing/test-world.ts';
import type { StickyPass } from '../../samples/sticky-session.ts';
import { probeStickiness } from './probe-stickiness.ts';
import type { StickyProbe } from './probe-stickiness.ts';
import { anySpeech } from './speech.ts';

const upgradeHeaders = `
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;`;

test('a stock server behind ip_hash: every session holds, asked without an event of its own', async () => {
  const url = await nginxBefore(await stockServers(3), 'ip_hash;', upgradeHeaders);
  const { sessions } = await probe(url);
  expect(causesOf(sessions)).toEqual([]);
  expect(sessions.every(({ socket }) => socket !== null)).toBe(true);
  const seen = sessions.flatMap(({ steps }) => steps.flatMap(({ upstreams }) => upstreams));
  expect(new Set(seen).size).toBe(3);
});

// 24 sessions over 3 nodes: in step, each would meet its own node again by the beat of round robin.
test('the same without a word of stickiness breaks, also when sessions are a multiple of nodes', async () => {
  const url = await nginxBefore(await stockServers(3), '', upgradeHeaders);
  const { sessions } = await probe(url);
  expect(causesOf(sessions).length).toBeGreaterThan(10);
  expect(new Set(causesOf(sessions))).toEqual(new Set(['no-stickiness']));
});

test('without the upgrade headers polling holds and the upgrade breaks', async () => {
  const url = await nginxBefore(await stockServers(3), 'ip_hash;', '');
  const { sessions } = await probe(url);
  expect(new Set(causesOf(sessions))).toEqual(new Set(['upgrade-headers']));
  const steps = new Set(sessions.map((session) => breakOf(session, new Set())?.step));
  expect(steps).toEqual(new Set(['upgrade']));
});

test('a dead slot is tried again elsewhere, and the list of upstreams tells', async () => {
  const world = testWorld();
  const [dead = 0] = await freePorts(world, '127.0.0.1', 1, []);
  const url = await nginxBefore([dead, ...(await stockServers(2))], 'ip_hash;', upgradeHeaders);
  const { sessions } = await probe(url);
  expect(causesOf(sessions)).toEqual([]);
  const retried = sessions.flatMap(({ steps }) =>
    steps.filter(({ upstreams }) => upstreams.length > 1),
  );
  expect(retried.length).toBeGreaterThan(0);
  expect(retried[0]?.upstreams[0]).toBe(`127.0.0.1:${dead}`);
});

test('no answer at all is a trouble of each session and no exception', async () => {
  const [dead = 0] = await freePorts(testWorld(), '127.0.0.1', 1, []);
  const { sessions } = await probe(`http://127.0.0.1:${dead}`, { sessions: 3 });
  expect(causesOf(sessions)).toEqual(['connection', 'connection', 'connection']);
});

test('a signal ends it', async () => {
  const url = await nginxBefore(await stockServers(1), '', upgradeHeaders);
  const gone = AbortSignal.abort(new Error('interrupted'));
  await expect(probe(url, { signal: gone })).rejects.toThrow('interrupted');
});

async function probe(url: string, over: Partial<StickyProbe> = {}): Promise<StickyPass> {
  return await probeStickiness(testWorld(), {
    url,
    sessions: 24,
    nat: false,
    cookies: true,
    dropCookiesToo: false,
    speech: anySpeech,
    nodeOf: (address) => address,
    moments: null,
    signal: new AbortController().signal,
    ...over,
  });
}

function causesOf(sessions: StickyPass['sessions']): readonly BreakCause[] {
  return sessions.flatMap((session) => breakOf(session, new Set())?.cause ?? []);
}

/** Socket.IO as its tutorial starts it; their ports. */
async function stockServers(count: number): Promise<readonly number[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const http = createServer();
      const io = new Server(http);
      onTestFinished(() => void io.close());
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      return (http.address() as AddressInfo).port;
    }),
  );
}

/** nginx as somebody might have written it; its URL. */
async function nginxBefore(
  ports: readonly number[],
  method: string,
  headers: string,
): Promise<string> {
  const [port = 0] = await freePorts(testWorld(), '127.0.0.1', 1, []);
  const dir = mkdtempSync(join(tmpdir(), 'rtops-sticky-'));
  mkdirSync(join(dir, 'tmp'));
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid tmp/pid; error_log stderr crit;
events {}
http {
  access_log off;
  ${temps.map((name) => `${name}_temp_path tmp/${name};`).join(' ')}
  map $http_upgrade $connection_upgrade { '' ''; default upgrade; }
  upstream nodes { ${method} ${ports.map((one) => `server 127.0.0.1:${one};`).join(' ')} }
  server {
    listen 127.0.0.1:${port};
    add_header X-Upstream $upstream_addr always;
    location / { proxy_pass http://nodes; proxy_http_version 1.1; ${headers} }
  }
}
`,
  );
  const nginx = await findBinary('nginx', process.env['PATH']);
  const child = spawn(nginx ?? 'nginx', [
    '-p',
    `${dir}/`,
    '-c',
    join(dir, 'nginx.conf'),
    '-e',
    'stderr',
  ]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  });
  while (!(await isOpen(port))) await new Promise((resolve) => setImmediate(resolve));
  return `http://127.0.0.1:${port}`;
}

async function isOpen(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
