/** The probe against other people's Socket.IO servers behind an nginx that others configured. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { expect, onTestFinished, test } from 'vitest';

import { breakOf } from '../../verdict/sticky/break-cause.ts';
import type { BreakCause } from '../../verdict/sticky/break-cause.ts';
import { freePorts } from '../../system/ports.ts';
import { testWorld } from '../../system/testing/test-world.ts';
import type { StickyPass } from '../../samples/sticky-session.ts';
import { probeStickiness } from './probe-stickiness.ts';
import type { StickyProbe } from './probe-stickiness.ts';
import { anySpeech } from './speech.ts';
import { nginxOf, stockServers } from './testing/foreign-system.ts';

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

test('a signal between two parts: the WebSockets of the first are closed', async () => {
  const stop = new AbortController();
  const http = createServer();
  const io = new Server(http);
  onTestFinished(() => void io.close());
  let upgraded = 0;
  io.engine.on('connection', (session: { on(name: 'upgrade', then: () => void): void }) => {
    session.on('upgrade', () => {
      upgraded += 1;
      stop.abort(new Error('interrupted'));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await expect(probe(url, { signal: stop.signal, sessions: 61 })).rejects.toThrow('interrupted');
  expect(upgraded).toBe(60);
  await expect.poll(() => io.engine.clientsCount).toBe(0);
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

/** nginx as somebody might have written it; its URL. */
async function nginxBefore(
  ports: readonly number[],
  method: string,
  headers: string,
): Promise<string> {
  return await nginxOf({
    http: `map $http_upgrade $connection_upgrade { '' ''; default upgrade; }
  upstream nodes { ${method} ${ports.map((one) => `server 127.0.0.1:${one};`).join(' ')} }`,
    server: `location / { proxy_pass http://nodes; proxy_http_version 1.1; ${headers} }`,
  });
}
