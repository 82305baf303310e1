/** What nginx really does with the file we write: where clients land, and what happens to the pinned. */
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

import { scaled } from '../topology/testing/topologies.ts';
import type { WsBalance } from '../topology/topology.ts';
import { exitCode } from '../exit-code.ts';
import type { Failure } from '../failure.ts';
import type { RunningSystem } from './running-system.ts';
import { startSystem } from './start-system.ts';
import { newerNginxForTests } from './testing/newer-nginx.ts';
import { testWorld } from './testing/test-world.ts';
import { pidOf } from './testing/pid-of.ts';

const standIn = fileURLToPath(new URL('testing/stand-in-server.ts', import.meta.url));

/** Three WS nodes that stay down when they are killed. */
async function startWith(balance: WsBalance, nginx?: string): Promise<RunningSystem> {
  const system = await startSystem(
    testWorld(nginx === undefined ? {} : { env: { ...process.env, RTOPS_NGINX: nginx } }),
    {
      ...scaled,
      api: { count: 1, cores: null },
      ws: { count: 3, cores: null },
      proxy: { ws: { balance }, api: { balance: 'round_robin' }, workers: 2 },
      restart: { policy: 'no', delayMs: 100, maxRetries: 0 },
    },
    { serverArgv: [standIn] },
  );
  onTestFinished(() => system[Symbol.asyncDispose]());
  return system;
}

type Answer = {
  readonly status: number | undefined;
  readonly node: string;
  readonly upstream: string;
  readonly cookies: readonly string[];
};

/** One request on a connection of its own, so that nginx decides anew. */
async function ask(
  system: RunningSystem,
  from: {
    readonly localAddress?: string;
    readonly cookie?: string;
    readonly method?: string;
    readonly sid?: string;
  },
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    request(
      `${system.url}/socket.io/?EIO=4&transport=polling${from.sid === undefined ? '' : `&sid=${from.sid}`}`,
      {
        agent: false,
        method: from.method ?? 'GET',
        ...(from.localAddress === undefined ? {} : { localAddress: from.localAddress }),
        headers: from.cookie === undefined ? {} : { cookie: from.cookie },
      },
      (response) => {
        response.resume();
        response.once('end', () =>
          resolve({
            status: response.statusCode,
            node: String(response.headers['x-node']),
            upstream: String(response.headers['x-upstream']),
            cookies: response.headers['set-cookie'] ?? [],
          }),
        );
      },
    )
      .once('error', reject)
      .end();
  });
}

async function killNode(system: RunningSystem, name: string): Promise<void> {
  const node = (await system.services()).find((service) => service.name === name);
  process.kill(pidOf(node), 'SIGKILL');
  for (;;) {
    const now = (await system.services()).find((service) => service.name === name);
    if (now?.state === 'failed') return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function nodesOf(answers: readonly Answer[]): readonly string[] {
  return [...new Set(answers.map(({ node }) => node))].toSorted();
}

async function askTimes(
  system: RunningSystem,
  times: number,
  from: (at: number) => {
    readonly localAddress?: string;
    readonly cookie?: string;
    readonly sid?: string;
  },
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < times; at += 1) answers.push(await ask(system, from(at)));
  return answers;
}

describe('one client asks again and again', () => {
  test.each([
    { balance: 'round_robin', stays: false },
    { balance: 'ip_hash', stays: true },
    { balance: 'hash', stays: true },
  ] as const)('$balance: stays at its node: $stays', async ({ balance, stays }) => {
    const system = await startWith(balance);
    const same = await askTimes(system, 12, () => ({ localAddress: '127.0.64.9' }));
    expect(nodesOf(same)).toHaveLength(stays ? 1 : 3);
    expect(same.every(({ cookies }) => cookies.length === 0)).toBe(true);
    // The third octet is what ip_hash still sees.
    const others = await askTimes(system, 48, (at) => ({ localAddress: `127.0.${64 + at}.9` }));
    expect(nodesOf(others)).toEqual(['ws-1', 'ws-2', 'ws-3']);
  });
});

test('ip_hash: the node we predict, and the next one when it is dead', async () => {
  const system = await startWith('ip_hash');
  const sources = Array.from({ length: 24 }, (_, at) => `127.0.${64 + at}.9`);
  const landed = await askTimes(system, sources.length, (at) => ({
    localAddress: sources[at] ?? '',
  }));
  expect(landed.map(({ node }) => node)).toEqual(sources.map(predictedNode));
  await killNode(system, 'ws-2');
  const after = await askTimes(system, sources.length, (at) => ({
    localAddress: sources[at] ?? '',
  }));
  expect(after.every(({ status }) => status === 200)).toBe(true);
  for (const [at, { node }] of after.entries()) {
    if (landed[at]?.node === 'ws-2') expect(node).not.toBe('ws-2');
    else expect(node).toBe(landed[at]?.node);
  }
});

/** nginx's ip_hash over three nodes of weight 1: three octets into a hash of base 113 modulo 6271. */
function predictedNode(address: string): string {
  const octets = address.split('.').slice(0, 3).map(Number);
  const hash = octets.reduce((so, octet) => (so * 113 + octet) % 6271, 89);
  return `ws-${(hash % 3) + 1}`;
}

describe('pinned by cookie', () => {
  test('the cookie decides, is set once, is hygienic, and moves when its node dies', async () => {
    const system = await startWith('cookie');
    const first = await ask(system, {});
    expect(first.cookies).toEqual([
      `rtops_node=${first.node}; Path=/socket.io/; HttpOnly; SameSite=Lax`,
    ]);
    const cookie = `other=1; rtops_node=${first.node}`;
    const pinned = await askTimes(system, 12, () => ({ cookie }));
    expect(nodesOf(pinned)).toEqual([first.node]);
    expect(pinned.flatMap(({ cookies }) => cookies)).toEqual([]);

    await killNode(system, first.node);
    // A POST too: the connection is refused before anything is sent, so it may be tried elsewhere.
    const moved = await ask(system, { cookie, method: 'POST' });
    expect(moved.status).toBe(200);
    expect(moved.node).not.toBe(first.node);
    expect(moved.upstream.split(', ').length).toBeGreaterThanOrEqual(2);
    expect(moved.cookies).toEqual([
      `rtops_node=${moved.node}; Path=/socket.io/; HttpOnly; SameSite=Lax`,
    ]);
  });

  test('a cookie that names no node is replaced, and clients without one are spread', async () => {
    const system = await startWith('cookie');
    for (const value of ['ws-9', '', '%00', 'ws-1|ws-1', 'ws-1,ws-2']) {
      const answer = await ask(system, { cookie: `rtops_node=${value}` });
      expect([value, answer.status, answer.cookies.length]).toEqual([value, 200, 1]);
    }
    expect(nodesOf(await askTimes(system, 12, () => ({})))).toEqual(['ws-1', 'ws-2', 'ws-3']);
  });
});

describe('pinned by the session id', () => {
  test('the name in front of it decides, for everybody; a dead node is stood in for', async () => {
    const system = await startWith('sid');
    for (const node of ['ws-1', 'ws-2', 'ws-3']) {
      const answers = await askTimes(system, 4, (at) => ({
        sid: `${node}.abc_-${at}`,
        localAddress: `127.0.${64 + at}.9`,
      }));
      expect(nodesOf(answers)).toEqual([node]);
    }
    await killNode(system, 'ws-2');
    const orphan = await ask(system, { sid: 'ws-2.abc', method: 'POST' });
    expect(orphan.status).toBe(200);
    expect(['ws-1', 'ws-3']).toContain(orphan.node);
    expect(nodesOf(await askTimes(system, 4, () => ({ sid: 'ws-3.abc' })))).toEqual(['ws-3']);
  });

  test('an id that names no node is spread like none', async () => {
    const system = await startWith('sid');
    for (const sid of ['ws-9.abc', 'xws-1.abc', 'ws-1', 'ws-1.', 'ws-1.a.b', 'ws-1%2Eabc']) {
      expect(nodesOf(await askTimes(system, 9, () => ({ sid }))), sid).toHaveLength(3);
    }
  });
});

describe("nginx's own sticky", () => {
  test('on a newer nginx the cookie decides, is hygienic, and moves when its node dies', async () => {
    const system = await startWith('native', newerNginxForTests());
    const first = await ask(system, {});
    expect(first.cookies).toHaveLength(1);
    expect(first.cookies[0]).toContain(`rtops_node=${first.node};`);
    expect(first.cookies[0]?.toLowerCase()).toContain('httponly');
    expect(first.cookies[0]?.toLowerCase()).toContain('samesite=lax');
    const cookie = `rtops_node=${first.node}`;
    expect(nodesOf(await askTimes(system, 12, () => ({ cookie })))).toEqual([first.node]);
    expect(nodesOf(await askTimes(system, 12, () => ({})))).toHaveLength(3);

    await killNode(system, first.node);
    const moved = await ask(system, { cookie });
    expect(moved.status).toBe(200);
    expect(moved.node).not.toBe(first.node);
    expect(moved.cookies[0]).toContain(`rtops_node=${moved.node};`);
  });

  test('on an nginx that has none it is refused, with the version that was found', async () => {
    const refused = await startWith('native').catch((error: unknown) => error as Failure);
    expect(refused).toMatchObject({ code: exitCode.notReady, name: 'Failure' });
    expect((refused as Failure).why).toMatch(/1\.29\.6 or newer; .*nginx is 1\.\d+\.\d+/);
  });
});

test('RTOPS_NGINX that names no program is said, and no other nginx is taken', async () => {
  const refused = await startWith('cookie', '/nowhere/nginx').catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: exitCode.notReady });
  expect((refused as Failure).message).toContain('RTOPS_NGINX');
});
