import { spawn } from 'node:child_process';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';

import { mintAccessToken } from '../../../load/native/access-token.ts';
import { Failure } from '../../../failure.ts';
import type { Fault } from '../../../scenario/fault.ts';
import { parseFault } from '../../../scenario/parse-fault.ts';
import { scaled, single } from '../../../topology/testing/topologies.ts';
import type { Topology } from '../../../topology/topology.ts';
import type { RunningSystem } from '../../running-system.ts';
import { startSystem } from '../../start-system.ts';
import type { StartOptions } from '../../start-system.ts';
import { testWorld } from '../../testing/test-world.ts';
import { waitUntil } from '../../testing/wait-until.ts';
import { createEdgeClient, readEdgesConfig } from './edge-client.ts';
import { describeEdgeOverhead, measureEdgeOverhead } from './edge-overhead.ts';
import { isEdgeFault, openEdges, withoutEdges } from './open-edges.ts';
import type { EdgeControl } from './open-edges.ts';

const standIn = fileURLToPath(new URL('../../testing/stand-in-server.ts', import.meta.url));

const small: Topology = {
  ...scaled,
  api: { count: 1, cores: null },
  ws: { count: 2, cores: null },
  chaos: true,
};

async function start(topology: Topology, options: StartOptions = {}): Promise<RunningSystem> {
  const system = await startSystem(testWorld(), topology, options);
  onTestFinished(() => system[Symbol.asyncDispose]());
  return system;
}

const waitsOn = new AbortController().signal;

async function edgesOf(system: RunningSystem): Promise<EdgeControl> {
  const edges = await openEdges(testWorld(), system, waitsOn);
  if (edges === undefined) throw new Error('the system has no edges');
  return edges;
}

function usageOf(work: () => void): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('it did not fail');
}

/** A user of the chat, joined to a room. */
async function user(system: RunningSystem, name: string): Promise<Socket> {
  const token = mintAccessToken(system.secret, name, Date.now());
  const socket = io(`${system.url}/chat`, {
    auth: { token },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  onTestFinished(() => {
    socket.disconnect();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const joined = (await socket.timeout(5000).emitWithAck('chat:join-room', { room: 'r' })) as {
    readonly ok: boolean;
  };
  if (!joined.ok) throw new Error('could not join');
  return socket;
}

async function nodeOf(socket: Socket): Promise<string> {
  const { node } = (await socket.timeout(5000).emitWithAck('chat:whoami')) as { node: string };
  return node;
}

function say(socket: Socket, id: string): Promise<{ readonly ok: boolean }> {
  return socket.emitWithAck('chat:send-message', { id, room: 'r', body: id }) as Promise<{
    readonly ok: boolean;
  }>;
}

describe('a real system with the proxy on every edge', () => {
  test('blackhole@nginx-ws-1: its users fall silent and stay connected, the others do not notice; undone, all goes on', async () => {
    const system = await start(small);
    const edges = await edgesOf(system);
    const users = await Promise.all(
      Array.from({ length: 6 }, (_, index) => user(system, `user-${index}`)),
    );
    const nodes = await Promise.all(users.map(nodeOf));
    expect(new Set(nodes)).toEqual(new Set(['ws-1', 'ws-2']));
    const silent = users[nodes.indexOf('ws-1')];
    const other = users[nodes.indexOf('ws-2')];
    if (silent === undefined || other === undefined) throw new Error('no user there');
    expect(await say(silent, 'before')).toMatchObject({ ok: true });

    const fault = parseFault('blackhole@nginx-ws-1,at=0s,for=10s');
    edges.check(fault);
    const injected = await edges.inject(fault);
    expect(injected).toMatchObject({
      clientsOnNode: nodes.filter((node) => node === 'ws-1').length,
      effective: true,
    });
    const held = say(silent, 'held');
    const ended = await Promise.race([held.then(() => 'acked'), sleepFor(700, 'silent')]);
    expect(ended).toBe('silent');
    expect(await say(other, 'elsewhere')).toMatchObject({ ok: true });
    expect(silent.connected).toBe(true);

    const undoneAtMs = await injected.undo();
    expect(undoneAtMs).toBeGreaterThan(injected.atMs + 700);
    expect(await held).toMatchObject({ ok: true });
    // Harmless when repeated.
    expect(await injected.undo()).toBe(undoneAtMs);
  });

  test('latency@ws-1-redis is felt by who sends there; a node is all its edges', async () => {
    const system = await start({ ...small, ws: { count: 1, cores: null } });
    const edges = await edgesOf(system);
    const sender = await user(system, 'kim');
    const timed = async (id: string) => {
      const startMs = performance.now();
      expect(await say(sender, id)).toMatchObject({ ok: true });
      return performance.now() - startMs;
    };
    /** Of many: a busy machine holds up some, a toxic holds up all. */
    const quickest = async (id: string) => {
      const times: number[] = [];
      for (let at = 0; at < 10; at += 1) times.push(await timed(`${id} ${at}`));
      return Math.min(...times);
    };
    await timed('warm');
    expect(await quickest('quick')).toBeLessThan(100);
    const toRedis = await edges.inject(parseFault('latency@ws-1-redis,for=5s,delay=60ms'));
    expect(await timed('slow')).toBeGreaterThan(119);
    await toRedis.undo();
    const everywhere = await edges.inject(parseFault('latency@ws-1,for=5s,delay=60ms'));
    expect(everywhere.evidence).toContain('nginx-ws-1, ws-1-redis');
    // nginx and back, and Redis and back.
    expect(await timed('slower')).toBeGreaterThan(239);
    await everywhere.undo();
    expect(await quickest('quick again')).toBeLessThan(100);
  });

  test('a fault that changed nothing for anybody says so when it is over; one that did is counted', async () => {
    const system = await start({ ...small, ws: { count: 1, cores: null } });
    const edges = await edgesOf(system);
    const sender = await user(system, 'lee');
    const done = async (text: string, meanwhile: () => Promise<unknown>) => {
      const injected = await edges.inject(parseFault(text));
      await meanwhile();
      await injected.undo();
      const { effective, onlyUsersShow, evidence } = injected;
      return { effective, onlyUsersShow, evidence };
    };
    const speak = () => say(sender, String(performance.now()));
    const bitten = { effective: true, onlyUsersShow: false };
    expect(await done('latency@nginx-ws-1,for=5s,delay=20ms', speak)).toMatchObject(bitten);
    const faint = await done('latency@nginx-ws-1,for=5s,delay=0ms,jitter=1ms', speak);
    expect(faint).toMatchObject({ effective: false });
    expect(faint.evidence).toContain('nothing was held up');
    expect(await done('rate@nginx-ws-1,for=5s,rate=500MB/s', speak)).toMatchObject({
      effective: false,
    });
    // A WebSocket that is there stays, so nobody dials. Then somebody does, and nginx is refused.
    expect(await done('refuse@nginx-ws-1,for=5s', speak)).toMatchObject({ onlyUsersShow: true });
    const dialled = () => fetch(`${system.url}/socket.io/?EIO=4&transport=polling`);
    const refused = await done('refuse@nginx-ws-1,for=5s', dialled);
    expect(refused).toMatchObject(bitten);
    expect(refused.evidence).toMatch(/nginx was refused [1-9]/);
  });

  test('a controller that is killed leaves no fault behind', async () => {
    const system = await start({ ...single, proxy: null, chaos: true }, { serverArgv: [standIn] });
    const config = readEdgesConfig(system.stateDir);
    const client = createEdgeClient(config);
    const answers = async () =>
      await fetch(`${system.url}/x`, { signal: AbortSignal.timeout(300) }).then(
        ({ status }) => status,
        () => undefined,
      );
    expect(await answers()).toBe(200);
    const controller = fileURLToPath(new URL('testing/inject-and-wait.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      [controller, system.stateDir, 'blackhole@server-1,for=1h'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await answers()).toBeUndefined();
    // Longer than a toxic lives when nobody renews it.
    await sleepFor(6000);
    expect(await answers()).toBeUndefined();
    const killedAtMs = performance.now();
    child.kill('SIGKILL');
    await waitUntil(async () => (await answers()) === 200);
    expect(performance.now() - killedAtMs).toBeLessThan(6500);
    expect((await client.edges())[0]?.toxics).toEqual([]);
  }, 40_000);

  test('what the proxy costs is measured beside the way past it', async () => {
    const system = await start({
      ...small,
      proxy: null,
      api: null,
      ws: null,
      all: { count: 1, cores: null },
    });
    const overhead = await measureEdgeOverhead(system, 200);
    if (overhead === undefined) throw new Error('nothing was measured');
    expect(overhead.edge).toBe('server-1-redis');
    expect(overhead.proxied.count).toBe(200);
    expect(overhead.proxied.p50).toBeGreaterThan(overhead.direct.p50);
    // Beside what the machine itself takes for a question now.
    expect(overhead.proxied.p50).toBeLessThan(Math.max(5, 20 * overhead.direct.p50));
    expect(describeEdgeOverhead(overhead)).toMatch(/^fault proxy: \+\d+\.\d\d ms p50, /);
  });
});

describe('what cannot be done is told before', () => {
  test('edges by name and by service, and the nearest name for a mistake', async () => {
    const system = await start({ ...single, chaos: true }, { serverArgv: [standIn] });
    const edges = await edgesOf(system);
    edges.check(parseFault('reset@client-server-1'));
    edges.check(parseFault('reset@server-1'));
    expect(usageOf(() => edges.check(parseFault('reset@client-server-2'))).why).toContain(
      'did you mean "client-server-1"?',
    );
    const kill: Fault = parseFault('kill@server-1');
    expect(isEdgeFault(kill)).toBe(false);
    expect(usageOf(() => edges.check(kill)).why).toBe('kill is not done to an edge');
  });

  test('a system without chaos has no edges, and is told how it would get them', async () => {
    const system = await start(single, { serverArgv: [standIn] });
    expect(await openEdges(testWorld(), system, waitsOn)).toBeUndefined();
    expect(await measureEdgeOverhead(system)).toBeUndefined();
    expect(withoutEdges(parseFault('reset@server-1')).next).toContain('rtops up --chaos');
  });
});
