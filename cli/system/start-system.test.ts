import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

import { scaled, single } from '../topology/testing/topologies.ts';
import { attachSystem } from './attach-system.ts';
import type { RunningSystem, ServiceStatus } from './running-system.ts';
import { startSystem } from './start-system.ts';
import type { ServiceEvent, StartOptions } from './start-system.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { readSystemState, writeSystemState } from './system-state.ts';
import { onFullDisk } from './testing/full-disk.ts';
import { sleeper } from './testing/sleeper.ts';
import { failureOf } from './testing/failure-of.ts';
import { processesOf } from './testing/processes-of.ts';
import { testWorld } from './testing/test-world.ts';
import { waitUntil } from './testing/wait-until.ts';
import { pidOf } from './testing/pid-of.ts';

const standIn = fileURLToPath(new URL('testing/stand-in-server.ts', import.meta.url));
const wellBehaved: StartOptions = { serverArgv: [standIn] };

async function serviceOf(system: RunningSystem, name: string): Promise<ServiceStatus> {
  const found = (await system.services()).find((service) => service.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function started<System extends RunningSystem>(system: System): System {
  onTestFinished(() => system[Symbol.asyncDispose]());
  return system;
}

describe('scaled, on real nginx and Redis', () => {
  test('every service is ready, what nginx passes on arrives, and a clean stop leaves nothing', async () => {
    const world = testWorld();
    const system = started(await startSystem(world, scaled, wellBehaved));
    const services = await system.services();
    expect(services.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'redis ready',
      'api-1 ready',
      'api-2 ready',
      'ws-1 ready',
      'ws-2 ready',
      'nginx ready',
    ]);
    // nginx: a master and two workers.
    expect(processesOf(world)).toHaveLength(8);

    const nodes = new Set<string>();
    for (let at = 0; at < 4; at += 1) {
      const response = await fetch(`${system.url}/api/v1/rooms`);
      nodes.add(response.headers.get('x-node') ?? '');
      expect(response.headers.get('x-upstream')).toMatch(/^127\.0\.0\.1:\d+$/);
    }
    expect([...nodes].toSorted()).toEqual(['api-1', 'api-2']);

    const answer = await fetch(`${system.url}/socket.io/?EIO=4`, {
      headers: { 'x-request-id': 'abc-1' },
    });
    expect(answer.headers.get('x-node')).toMatch(/^ws-/);
    expect(answer.headers.get('x-request-id')).toBe('abc-1');
    const { headers } = (await answer.json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({
      host: new URL(system.url).host,
      'x-request-id': 'abc-1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    const badId = await fetch(`${system.url}/health`, { headers: { 'x-request-id': 'a b' } });
    expect(badId.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect((await fetch(`${system.url}/elsewhere`)).status).toBe(404);

    const attached = await attachSystem(world);
    expect(await attached?.services()).toEqual(services);
    expect(attached?.secret).toBe(system.secret);

    await system[Symbol.asyncDispose]();
    expect(processesOf(world)).toEqual([]);
    expect(await attachSystem(world)).toBeUndefined();
    await startSystem(world, single, wellBehaved).then(started);
  });

  test('a sample names every service, counts nginx whole, and scrapes what only a node knows', async () => {
    const world = testWorld();
    const system = started(await startSystem(world, scaled, wellBehaved));
    const first = await system.sample();
    expect(first.map(({ cpuPct }) => cpuPct)).toEqual([0, 0, 0, 0, 0, 0]);
    for (let at = 0; at < 200; at += 1) await (await fetch(`${system.url}/api/v1/rooms`)).text();
    const second = await system.sample();
    expect(second.map(({ name }) => name)).toEqual(first.map(({ name }) => name));
    const node = second.find(({ name }) => name === 'ws-1');
    expect(node).toMatchObject({ connections: 7, loopLagMs: 12.5, restarts: 0 });
    const api = second.find(({ name }) => name === 'api-1');
    expect(api?.cpuPct).toBeGreaterThan(0);
    expect(api?.rssMb).toBeGreaterThan(20);
    const redis = second.find(({ name }) => name === 'redis');
    expect(redis).toMatchObject({ connections: null, loopLagMs: null });
  });

  test.each([
    { name: 'ws-2', what: 'a node' },
    { name: 'nginx', what: 'the master of nginx, whose workers would hold the port' },
    { name: 'redis', what: 'Redis' },
  ])('$what is killed and comes back as another process on the same port', async ({ name }) => {
    const world = testWorld();
    const events: ServiceEvent[] = [];
    const system = started(
      await startSystem(world, scaled, {
        ...wellBehaved,
        onService: (event) => events.push(event),
      }),
    );
    const before = await serviceOf(system, name);
    process.kill(pidOf(before), 'SIGKILL');
    const after = await waitUntil(async () => {
      const now = await serviceOf(system, name);
      return now.state === 'ready' && now.pid !== before.pid && now;
    });
    expect(after).toMatchObject({ port: before.port, restarts: 1 });
    expect(events).toContainEqual({
      name,
      state: 'restarting',
      detail: 'it was ended by SIGKILL; restart in 100 ms',
    });
    expect((await fetch(`${system.url}/health`)).status).toBe(200);
    expect(readSystemState(stateFolder(world.cwd))?.services).toEqual(await system.services());
  });
});

describe('a start that cannot succeed is 120, at once, and leaves nothing', () => {
  const rows: readonly {
    readonly why: string;
    readonly trouble: string;
    readonly says: RegExp;
    readonly evidence: string;
  }[] = [
    {
      why: 'a service that dies shows its last lines',
      trouble: 'die',
      says: /^(api|ws)-\d did not start$/,
      evidence: 'ENOTABLE: the stand-in was told to die',
    },
    {
      why: 'one that runs but is never ready is given up on',
      trouble: 'never-ready',
      says: /^(api|ws)-\d did not start$/,
      evidence: '',
    },
  ];
  test.each(rows)('$why', async ({ trouble, says, evidence }) => {
    const world = testWorld();
    const startedAt = Date.now();
    const failure = await failureOf(
      startSystem(world, scaled, { serverArgv: [standIn, trouble], readyTimeoutMs: 2000 }),
    );
    expect(Date.now() - startedAt).toBeLessThan(8000);
    expect(failure.code).toBe(120);
    expect(failure.message).toMatch(says);
    expect(failure.evidence.join('\n')).toContain(evidence);
    expect(failure.next).toMatch(/^rtops logs (api|ws)-\d$/);
    expect(processesOf(world)).toEqual([]);
    expect(readSystemState(stateFolder(world.cwd))).toBeUndefined();
  });

  test('a port in use names who has it', async () => {
    const world = testWorld();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void squatter.close());
    const address = squatter.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const failure = await failureOf(startSystem(world, scaled, { ...wellBehaved, port }));
    expect(failure.code).toBe(120);
    expect(failure.message).toContain(String(port));
    expect(failure.why).toContain(`pid ${process.pid} (`);
    expect(processesOf(world)).toEqual([]);
  });

  test('a missing binary says which, and how to get it', async () => {
    const world = testWorld();
    const failure = await failureOf(
      startSystem(
        world,
        { ...single, all: { count: 1, cores: [0] } },
        {
          ...wellBehaved,
          findBinary: () => Promise.resolve(undefined),
        },
      ),
    );
    expect(failure).toMatchObject({
      code: 120,
      message: 'taskset is not installed',
      next: 'rtops setup',
    });
  });

  test('a disk without room for its state says so, and is no bug', async () => {
    const world = testWorld();
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    // A lock and a note for git fit into the first block; the state does not.
    const { code, said } = await onFullDisk(world.cwd, [main, 'up', 'single'], 1).ended;
    expect(said).toMatch(/^rtops: rtops cannot keep its state in .*\n {2}why: EFBIG/m);
    expect(code).toBe(120);
    expect(processesOf(world)).toEqual([]);
  });

  test('a folder that has a system already keeps it', async () => {
    const world = testWorld();
    const system = started(await startSystem(world, single, wellBehaved));
    const failure = await failureOf(startSystem(world, single, wellBehaved));
    expect(failure.code).toBe(120);
    expect(failure.why).toContain(`pid ${process.pid} (`);
    expect((await fetch(system.url)).status).toBe(200);
  });

  test('given up by the caller: 105 and nothing left', async () => {
    const world = testWorld();
    const giveUp = new AbortController();
    const failure = await failureOf(
      startSystem(world, scaled, {
        serverArgv: [standIn, 'never-ready'],
        signal: giveUp.signal,
        onService: ({ name }) => name === 'ws-2' && giveUp.abort(),
      }),
    );
    expect(failure.code).toBe(105);
    expect(processesOf(world)).toEqual([]);
  });
});

test('a chosen port is the one clients dial', async () => {
  const world = testWorld();
  const port = 18_000 + Math.floor(world.random() * 1000);
  const system = started(await startSystem(world, single, { ...wellBehaved, port }));
  expect(system.url).toBe(`http://127.0.0.1:${port}`);
  expect((await fetch(system.url)).status).toBe(200);
});

test('a folder that was removed and taken by another is left to that one', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  const system = started(await startSystem(world, single, wellBehaved));
  const state = readSystemState(folder);
  if (state === undefined) throw new Error('no state');
  rmSync(folder.dir, { recursive: true });
  makeStateFolder(folder);
  const other = sleeper(world.cwd);
  const supervisor = { pid: other.pid, startTime: other.startTime };
  symlinkSync(JSON.stringify(supervisor), folder.lockFile);
  const theirs = { ...state, supervisor, services: [] };
  writeSystemState(folder, theirs);
  writeFileSync(join(folder.pidsDir, 'server-1'), 'theirs');
  await system.orphaned;
  expect(processesOf(world)).toEqual([]);
  expect(readSystemState(folder)).toEqual(theirs);
  expect(readdirSync(folder.pidsDir)).toEqual(['server-1']);
});

test('a wall clock that is put forward while a service starts is no reason to give it up', async () => {
  const world = testWorld();
  let aheadMs = 0;
  const clock = {
    ...world.clock,
    now: () => Date.now() + aheadMs,
    // Between the first look and the next.
    sleep: (ms: number, signal?: AbortSignal) => {
      aheadMs = 3_600_000;
      return world.clock.sleep(ms, signal);
    },
  };
  const system = await startSystem({ ...world, clock }, single, wellBehaved);
  started(system);
  expect((await serviceOf(system, 'server-1')).state).toBe('ready');
});

test('kill ends everything without waiting', async () => {
  const world = testWorld();
  const system = await startSystem(world, scaled, { serverArgv: [standIn, 'linger'] });
  system.kill();
  const killedAt = Date.now();
  await system[Symbol.asyncDispose]();
  // Its servers ignore SIGTERM: a stop with grace would take half a minute.
  expect(Date.now() - killedAt).toBeLessThan(3000);
  expect(processesOf(world)).toEqual([]);
});

test('a service that keeps dying is given up, and the others go on', async () => {
  const world = testWorld();
  const topology = {
    ...scaled,
    restart: { policy: 'always', delayMs: 1, maxRetries: 2 },
  } as const;
  const system = started(await startSystem(world, topology, wellBehaved));
  const failed = await waitUntil(async () => {
    const now = await serviceOf(system, 'ws-1');
    if (now.state === 'failed') return now;
    if (now.state === 'ready' && now.pid !== null) process.kill(now.pid, 'SIGKILL');
    return false;
  });
  expect(failed).toMatchObject({ pid: null, restarts: 2 });
  expect((await serviceOf(system, 'ws-2')).state).toBe('ready');
});
