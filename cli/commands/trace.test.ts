/** `rtops trace` on a real nginx, two real chat nodes, two API nodes and Redis. */
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';

import { chatNamespace, event, header } from '../../server/contract.ts';
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { mintAccessToken } from '../load/native/access-token.ts';
import { keepLogs, markLogs, readKeptLogs } from '../system/kept-logs.ts';
import { startSystem } from '../system/start-system.ts';
import type { StartedSystem } from '../system/start-system.ts';
import { stateFolder } from '../system/state-folder.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { scaled } from '../topology/testing/topologies.ts';
import { trace } from './trace.ts';

type Document = {
  readonly kind: string;
  readonly timelines: readonly {
    readonly steps: readonly { readonly where: string; readonly what: string; atMs: number }[];
  }[];
  readonly notes: readonly string[];
};

async function userOf(system: StartedSystem, name: string): Promise<Socket> {
  const token = mintAccessToken(system.secret, name, Date.now());
  const socket = io(system.url + chatNamespace, { auth: { token }, transports: ['websocket'] });
  onTestFinished(() => void socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  await socket.emitWithAck(event.join, { room: 'tea' });
  return socket;
}

test('a message over two nodes, its connection, and a request through nginx', async () => {
  const world = testWorld();
  const topology = {
    ...{ ...scaled, monitoring: true },
    server: { ...scaled.server, traceSample: 1 },
  };
  const system = await startSystem(world, topology);
  onTestFinished(() => system[Symbol.asyncDispose]());
  const asked = async (id: string): Promise<Document> => {
    world.printed.stdout = '';
    expect(await trace(world, { id, run: undefined, json: true })).toBe(exitCode.pass);
    return JSON.parse(world.printed.stdout) as Document;
  };

  const anna = await userOf(system, 'anna');
  const ben = await userOf(system, 'ben');
  const got = Promise.all(
    [anna, ben].map(
      (socket) => new Promise<void>((resolve) => void socket.once(event.message, resolve)),
    ),
  );
  await anna.emitWithAck(event.send, { id: 'hello-1', room: 'tea', body: 'hi' });
  await got;

  // A server writes its line when it has handed the message on: who has it may look before that.
  await expect
    .poll(async () => {
      const { steps = [] } = (await asked('hello-1')).timelines[0] ?? {};
      return steps.filter(({ what }) => /^(emitted to|ack handed)/.test(what)).length;
    })
    .toBe(3);
  const message = await asked('hello-1');
  expect(message.kind).toBe('message');
  const steps = message.timelines[0]?.steps ?? [];
  const first = steps.find(({ what }) => what.startsWith('taken'))?.where ?? '';
  const other = first === 'ws-1' ? 'ws-2' : 'ws-1';
  expect(steps.map(({ where }) => where)).toEqual(expect.arrayContaining([first, 'redis', other]));
  const at = (where: string, what: RegExp): number => {
    const found = steps.find((step) => step.where === where && what.test(step.what));
    if (found === undefined) throw new Error(`no step ${what} at ${where}`);
    return found.atMs;
  };
  expect(at(first, /^connection .* opened for anna/)).toBeLessThan(at(first, /^taken/));
  expect(at('redis', /stored as seq 1, published/)).toBeGreaterThan(at(first, /^taken/));
  expect(at(other, /^arrived: seq 1/)).toBeGreaterThan(at(first, /^taken/));
  expect(at(other, /^emitted to 1 member here/)).toBeGreaterThan(at(other, /^arrived/));
  expect(at(first, /^ack handed/)).toBeGreaterThan(at('redis', /published/));
  // An open WebSocket has no line of nginx yet.
  expect(message.notes.join('\n')).toContain('when it ends');
  expect(steps.some(({ where }) => where === 'nginx')).toBe(false);

  const socketId = String(anna.id);
  anna.disconnect();
  await expect
    .poll(async () => (await asked(socketId)).timelines[0]?.steps.map(({ where }) => where))
    .toEqual(expect.arrayContaining(['nginx', first]));
  const connection = await asked(socketId);
  expect(connection.kind).toBe('connection');
  const told = connection.timelines[0]?.steps.map(({ what }) => what).join('\n');
  expect(told).toMatch(
    /^GET .* came in for anna \(c-\w+\); upgraded by ws-\d \(101\)[^]*opened for/,
  );
  // Which of the two saw the end first is theirs to say.
  expect(told).toContain('connection closed: client namespace disconnect');
  expect(told).toMatch(/^WebSocket of anna \(c-\w+\) ended after/m);

  const answer = await fetch(`${system.url}/api/v1/health/live`);
  const requestId = answer.headers.get(header.requestId) ?? '';
  await expect
    .poll(async () => {
      return (await asked(requestId)).timelines[0]?.steps.map(({ where }) => where.split('-')[0]);
    })
    // Who of the two noticed first that it was over is theirs to say.
    .toEqual(
      expect.toSatisfy((where: readonly string[]) =>
        /^nginx,api,(api,nginx|nginx,api)$/.test(where.join()),
      ),
    );

  const unknown = await trace(world, { id: 'hello-2', run: undefined, json: false }).catch(
    (error: unknown) => error,
  );
  expect(unknown).toBeInstanceOf(Failure);
  expect(unknown).toMatchObject({ code: exitCode.usage, why: 'did you mean "hello-1"?' });

  // The system's own logs go on without it; a folder without any says what there is to do.
  const { logsDir } = stateFolder(world.cwd);
  for (const file of readdirSync(logsDir)) rmSync(join(logsDir, file));
  const gone = trace(world, { id: 'hello-1', run: undefined, json: false });
  await expect(gone).rejects.toMatchObject({ code: exitCode.usage });
  // Nine processes, and Prometheus is ready only when it has asked each of them.
}, 60_000);

describe('the logs a run keeps', () => {
  const since = { startedAtMs: 1, startedAtUs: 2 };

  function folders(): { logsDir: string; runDir: string } {
    const { cwd } = testWorld();
    const logsDir = join(cwd, 'logs');
    mkdirSync(logsDir);
    return { logsDir, runDir: join(cwd, 'run') };
  }

  test('hold what was written meanwhile, and nothing of before', async () => {
    const { logsDir, runDir } = folders();
    writeFileSync(join(logsDir, 'ws-1.log'), 'before\n');
    for (const name of ['supervisor', 'prometheus', 'alertmanager']) {
      writeFileSync(join(logsDir, `${name}.log`), 'not of the run\n');
    }
    const marks = markLogs(logsDir);
    appendFileSync(join(logsDir, 'ws-1.log'), 'meanwhile\n');
    writeFileSync(join(logsDir, 'api-1.log'), 'new\n');
    await keepLogs(logsDir, marks, runDir, since);
    expect(await readKeptLogs(runDir)).toEqual({
      since,
      leftOutBytes: {},
      keptBytes: { 'api-1': 4, 'ws-1': 10 },
      logs: [
        { service: 'api-1', text: 'new\n' },
        { service: 'ws-1', text: 'meanwhile\n' },
      ],
    });
  });

  test('go on in a log that was put aside meanwhile', async () => {
    const { logsDir, runDir } = folders();
    const log = join(logsDir, 'ws-1.log');
    writeFileSync(log, 'before\n');
    const marks = markLogs(logsDir);
    appendFileSync(log, 'first\n');
    cpSync(log, `${log}.1`);
    writeFileSync(log, 'then\n');
    await keepLogs(logsDir, marks, runDir, since);
    expect((await readKeptLogs(runDir))?.logs).toEqual([
      { service: 'ws-1', text: 'first\nthen\n' },
    ]);
  });

  test('are bounded: the end is kept, and how much is missing is told', async () => {
    const { logsDir, runDir } = folders();
    const marks = markLogs(logsDir);
    const bound = 32 * 1024 * 1024;
    writeFileSync(join(logsDir, 'ws-1.log'), `${'x'.repeat(bound)}the end\n`);
    await keepLogs(logsDir, marks, runDir, since);
    const kept = await readKeptLogs(runDir);
    expect(kept?.leftOutBytes).toEqual({ 'ws-1': 8 });
    expect(kept?.logs[0]?.text).toHaveLength(bound);
    expect(kept?.logs[0]?.text.endsWith('the end\n')).toBe(true);
  });

  test('are none in a run folder without them, and undated under an index that is none', async () => {
    const { logsDir, runDir } = folders();
    expect(await readKeptLogs(runDir)).toBeUndefined();
    await keepLogs(logsDir, new Map(), runDir, since);
    writeFileSync(join(runDir, 'logs', 'index.json'), '{"startedAtMs":');
    expect((await readKeptLogs(runDir))?.since).toBeUndefined();
  });
});
