/** A message, a connection and a request, followed through the logs of real nodes on a real Redis. */
import { io } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chatNamespace, header, path } from '../contract.ts';
import { createLogger } from '../logger.ts';
import { connect } from '../testing/client.ts';
import { startNode, type TestNode } from '../testing/node.ts';
import { startRedis } from '../testing/redis.ts';
import { sampler } from './sampler.ts';

type Line = Readonly<Record<string, unknown>>;
type LoggedNode = TestNode & { readonly lines: Line[] };

async function loggedNode(
  node: string,
  env: Readonly<Record<string, string>>,
): Promise<LoggedNode> {
  const lines: Line[] = [];
  const logger = createLogger(
    { logLevel: 'info', node, topology: 'test' },
    { write: (text: string) => void lines.push(JSON.parse(text) as Line) },
  );
  return { ...(await startNode({ RTOPS_NODE: node, ...env }, logger)), lines };
}

async function twoNodes(env: Readonly<Record<string, string>>): Promise<[LoggedNode, LoggedNode]> {
  const redis = await startRedis();
  const both = { REDIS_URL: redis.url, ...env };
  return [await loggedNode('ws-1', both), await loggedNode('ws-2', both)];
}

const stepsOf = (lines: readonly Line[], msgId: string): unknown[] =>
  lines.filter((line) => line['msgId'] === msgId).map((line) => line['msg']);

describe('a message', () => {
  test('is seen at every step, on both nodes, in the order of one clock', async () => {
    const [one, two] = await twoNodes({ RTOPS_TRACE_SAMPLE: '1' });
    const anna = await connect(one.url, 'anna');
    const ben = await connect(two.url, 'ben');
    await Promise.all([anna.join('r'), ben.join('r')]);
    expect((await anna.send('r', 'm"1')).ok).toBe(true);
    await Promise.all([anna.received(1), ben.received(1)]);

    const here = one.lines.filter((line) => line['msgId'] === 'm"1');
    expect(new Set(here.map((line) => line['msg']))).toEqual(
      new Set(['acked', 'arrived', 'emitted', 'stored', 'taken'].map((step) => `message ${step}`)),
    );
    expect(here).toHaveLength(5);
    expect(stepsOf(two.lines, 'm"1')).toEqual(['message arrived', 'message emitted']);
    const opened = one.lines.find((line) => line['msg'] === 'connection opened');
    expect(here[0]).toMatchObject({
      ...{ level: 'info', node: 'ws-1', topology: 'test', msg: 'message taken', room: 'r' },
      ...{ user: 'anna', socketId: anna.socket.id },
      ...{ reqId: opened?.['reqId'], connId: opened?.['connId'] },
    });
    for (const line of two.lines.filter((all) => all['msgId'] === 'm"1')) {
      expect(line).toMatchObject({ user: 'anna', room: 'r', seq: 1, node: 'ws-2' });
    }
    expect(two.lines.find((line) => line['msg'] === 'message emitted')).toMatchObject({
      members: 1,
    });
    const at = (line: Line | undefined): number => Number(line?.['us']);
    const arrived = two.lines.find((line) => line['msg'] === 'message arrived');
    expect(at(arrived)).toBeGreaterThan(at(here[0]));
    expect(Math.abs(at(arrived) / 1000 - Number(process.hrtime.bigint()) / 1e6)).toBeLessThan(5000);
  });

  test('that is not picked leaves no line, and both nodes pick the same ones', async () => {
    const [one, two] = await twoNodes({ RTOPS_TRACE_SAMPLE: '0.2' });
    const anna = await connect(one.url, 'anna');
    const ben = await connect(two.url, 'ben');
    await Promise.all([anna.join('r'), ben.join('r')]);
    const ids = Array.from({ length: 100 }, (_, n) => `7.3.${n}`);
    for (const id of ids) await anna.send('r', id);
    await Promise.all([anna.received(100), ben.received(100)]);
    const picked = ids.filter(sampler(0.2).picks);
    expect(picked.length).toBeGreaterThan(5);
    // Of slow ones each is told, and a busy machine has some.
    const followed = (lines: readonly Line[]) => [
      ...new Set(
        lines.flatMap(({ msg, msgId }) =>
          msgId === undefined || msg === 'message slow' ? [] : [msgId],
        ),
      ),
    ];
    expect(followed(one.lines)).toEqual(picked);
    expect(followed(two.lines)).toEqual(picked);
  });

  test('that a returning member missed is told as replayed to it', async () => {
    const node = await loggedNode('ws-1', { RTOPS_TRACE_SAMPLE: '1' });
    const anna = await connect(node.url, 'anna');
    const { epoch } = (await anna.join('r')) as { epoch: string };
    await anna.send('r', 'm1');
    const ben = await connect(node.url, 'ben', { resume: { epoch, rooms: { r: 0 } } });
    await ben.received(1);
    expect(node.lines.find((line) => line['msg'] === 'message replayed')).toMatchObject({
      ...{ msgId: 'm1', user: 'anna', seq: 1, socketId: ben.socket.id },
    });
  });

  test('that is refused is always told, with what it was', async () => {
    const node = await loggedNode('ws-1', { RTOPS_TRACE_SAMPLE: '0' });
    const anna = await connect(node.url, 'anna');
    await anna.send('elsewhere', 'm1');
    await anna.ask('chat:send-message', { id: 7, room: 'r', body: 'x'.repeat(500) });
    const refused = node.lines.filter((line) => line['msg'] === 'event refused');
    expect(refused).toMatchObject([
      { msgId: 'm1', room: 'elsewhere', code: 'FORBIDDEN', user: 'anna', level: 'warn' },
      { room: 'r', code: 'BAD_REQUEST' },
    ]);
    expect(refused[1]).not.toHaveProperty('msgId');
    expect(JSON.stringify(node.lines)).not.toContain('xxxx');
  });

  test('that the store does not answer is told as UNAVAILABLE', async () => {
    const redis = await startRedis();
    const node = await loggedNode('ws-1', { REDIS_URL: redis.url, RTOPS_TRACE_SAMPLE: '0' });
    const anna = await connect(node.url, 'anna');
    await anna.join('r');
    redis.pause();
    onTestFinished(() => redis.unpause());
    expect(await anna.send('r', 'm1')).toMatchObject({ ok: false, code: 'UNAVAILABLE' });
    expect(node.lines.filter((line) => line['msg'] === 'event refused')).toMatchObject([
      { msgId: 'm1', room: 'r', code: 'UNAVAILABLE' },
    ]);
  });
});

describe('a connection', () => {
  test('is told with the id of its handshake, its user and its end', async () => {
    const node = await loggedNode('ws-1', {});
    const anna = await connect(node.url, 'anna', { transports: ['polling'] });
    const session = anna.socket.io.engine.id;
    const gone = node.lines.length;
    anna.socket.disconnect();
    await expect
      .poll(() => node.lines.slice(gone).map((line) => line['msg']))
      .toEqual(['connection closed']);
    const [opened, closed] = node.lines.filter((line) => String(line['msg']).startsWith('connec'));
    expect(opened).toMatchObject({
      transport: 'polling',
      user: 'anna',
      socketId: expect.any(String),
    });
    expect(closed).toMatchObject({
      reason: 'client namespace disconnect',
      connId: opened?.['connId'],
    });
    expect(opened?.['connId']).toMatch(/^c-[0-9a-f]{16}$/);
    // Who knows the session id can take a polling session over.
    expect(session).toMatch(/^ws-1\./);
    expect(JSON.stringify(node.lines)).not.toContain(String(session));
  });

  test('that is refused is told, with why', async () => {
    const node = await loggedNode('ws-1', {});
    const socket = io(node.url + chatNamespace, { transports: ['websocket'], reconnection: false });
    onTestFinished(() => void socket.disconnect());
    await new Promise((resolve) => socket.once('connect_error', resolve));
    expect(node.lines.find((line) => line['msg'] === 'connection refused')).toMatchObject({
      ...{ code: 'TOKEN_MISSING', connId: expect.stringMatching(/^c-/), reqId: expect.any(String) },
    });
  });
});

describe('a request', () => {
  test('bears the id of the proxy from its line to its answer', async () => {
    const node = await loggedNode('api-1', { RTOPS_TRACE_SAMPLE: '1' });
    const answer = await fetch(`${node.url}${path.health}?token=secret`, {
      headers: { [header.requestId]: 'from-nginx-1' },
    });
    expect(answer.headers.get(header.requestId)).toBe('from-nginx-1');
    await expect
      .poll(() => node.lines.find((line) => line['msg'] === 'request answered'))
      .toMatchObject({ reqId: 'from-nginx-1', method: 'GET', path: path.health, status: 200 });
    expect(JSON.stringify(node.lines)).not.toContain('secret');
  });

  test('that is not picked leaves no line', async () => {
    const node = await loggedNode('api-1', { RTOPS_TRACE_SAMPLE: '0' });
    await fetch(node.url + path.health);
    await fetch(node.url + path.health);
    expect(node.lines.filter((line) => line['msg'] === 'request answered')).toEqual([]);
  });
});
