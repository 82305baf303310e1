/** The client that users copy, against real nodes that die, stall, forget and come back. */
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { event, path, type ChatMessage } from '../contract.ts';
import { accessToken, connect } from '../testing/client.ts';
import { frontDoor } from '../testing/front-door.ts';
import { startNode } from '../testing/node.ts';
import { startProcess } from '../testing/process-node.ts';
import { startRedis } from '../testing/redis.ts';
import { SendFailed } from './outbox.ts';
import { resumeClient, type ResumeClient, type ResumeClientOptions } from './resume-client.ts';

type Seen = {
  readonly client: ResumeClient;
  readonly messages: ChatMessage[];
  readonly gone: (readonly [number, number])[];
  readonly resets: number[];
  readonly states: string[];
};

function user(url: string, name: string, more: Partial<ResumeClientOptions> = {}): Seen {
  const seen = {
    messages: [] as ChatMessage[],
    gone: [] as (readonly [number, number])[],
    resets: [] as number[],
    states: [] as string[],
  };
  const client = resumeClient({
    url,
    token: () => accessToken(name),
    reconnectAfterMs: 200,
    onMessage: (message) => seen.messages.push(message),
    onGone: (_room, from, to) => seen.gone.push([from, to]),
    onReset: (_room, from) => seen.resets.push(from),
    onState: (state) => seen.states.push(state),
    ...more,
  });
  onTestFinished(() => client.close());
  return { client, ...seen };
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const seqs = ({ messages }: Seen): readonly number[] => messages.map(({ seq }) => seq);
const epochOf = async ({ client }: Seen): Promise<string> => {
  const asked = { room: 'r', after: 0, limit: 1 };
  return ((await client.socket.emitWithAck(event.history, asked)) as { epoch: string }).epoch;
};
const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

describe('the resume client', () => {
  test('loses nothing and shows nothing twice when the node under it is killed', async () => {
    const redis = await startRedis(durable);
    const env = { REDIS_URL: redis.url };
    const nodes = await Promise.all([
      startProcess({ ...env, RTOPS_NODE: 'ws-1' }),
      startProcess({ ...env, RTOPS_NODE: 'ws-2' }),
    ]);
    const door = await frontDoor(nodes.map(({ port }) => port));
    const users = range(1, 6).map((n) => user(door.url, `user-${n}`));
    await Promise.all(users.map(({ client }) => client.join('r')));
    const sends = users.flatMap(({ client }, n) =>
      range(1, 40).map(async (k) => client.send('r', `${n}:${k}`)),
    );
    await Promise.race(sends);
    nodes[0].child.kill('SIGKILL');
    const acks = await Promise.all(sends);
    expect(new Set(acks.map(({ seq }) => seq)).size).toBe(240);
    await expect.poll(() => users.every((seen) => seen.messages.length >= 240)).toBe(true);
    for (const seen of users) expect(seqs(seen)).toEqual(range(1, 240));
    // What was acked stands at its seq, and each sender's messages stand in the order sent.
    const shown = users[0]?.messages ?? [];
    for (const { id, seq } of acks) expect(shown[seq - 1]?.id).toBe(id);
    for (const n of range(0, 5)) {
      const own = shown.filter(({ sender }) => sender === `user-${n + 1}`).map(({ body }) => body);
      expect(own).toEqual(range(1, 40).map((k) => `${n}:${k}`));
    }
    expect(users.some(({ states }) => states.includes('down'))).toBe(true);
  });

  test('where a plain client beside it does lose what came while it was away', async () => {
    const redis = await startRedis();
    const first = await startProcess({ REDIS_URL: redis.url, RTOPS_NODE: 'ws-1' });
    const second = await startNode({ REDIS_URL: redis.url, RTOPS_NODE: 'ws-2' });
    const door = await frontDoor([first.port]);
    const plain = await connect(door.url, 'plain', { reconnection: true });
    await plain.join('r');
    const resuming = user(door.url, 'resuming');
    await resuming.client.join('r');
    const sender = await connect(second.url, 'sender');
    await sender.join('r');
    door.toward([second.port]);
    first.child.kill('SIGKILL');
    await plain.next('disconnect');
    await sender.send('r', 'm1');
    await plain.next('connect');
    await plain.join('r');
    await sender.send('r', 'm2');
    await expect.poll(() => seqs(resuming)).toEqual([1, 2]);
    expect(plain.messages.map(({ seq }) => seq)).toEqual([2]);
  });

  test('goes on by itself when Redis is killed and comes back', async () => {
    const redis = await startRedis(durable);
    const node = await startNode({ REDIS_URL: redis.url });
    const seen = user(node.url, 'anna');
    await seen.client.join('r');
    await seen.client.send('r', '1');
    await redis.kill();
    const acked = seen.client.send('r', '2');
    await redis.startAgain();
    expect(await acked).toMatchObject({ seq: 2 });
    await expect.poll(() => seqs(seen)).toEqual([1, 2]);
    expect(seen.resets).toEqual([]);
  });

  test('is shown what Redis stored and acked, and was killed before it told the nodes', async () => {
    const redis = await startRedis(durable);
    const node = await startNode({ REDIS_URL: redis.url });
    const seen = user(node.url, 'anna');
    await seen.client.join('r');
    // It writes to one connection after the other: here the channels hear nothing any more.
    const admin = new Redis(redis.url);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    admin.disconnect();
    await seen.client.send('r', '1');
    await redis.kill();
    await redis.startAgain();
    // Sooner than the comparison of heads that comes every 5 s in any case.
    await expect.poll(() => seqs(seen), { timeout: 3500 }).toEqual([1]);
  });

  test('leaves a node that answers nothing, long before its heartbeat would', async () => {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url };
    const frozen = await startProcess({ ...env, RTOPS_NODE: 'ws-1' });
    const other = await startNode({ ...env, RTOPS_NODE: 'ws-2' });
    const door = await frontDoor([frozen.port]);
    const seen = user(door.url, 'anna', { answerWithinMs: 1000 });
    await seen.client.join('r');
    frozen.child.kill('SIGSTOP');
    door.toward([other.port]);
    const startedAt = performance.now();
    expect(await seen.client.send('r', '1')).toMatchObject({ seq: 1 });
    expect(performance.now() - startedAt).toBeLessThan(4000);
    // The sleeper wakes with the first try still in its queue: the id makes it the same message.
    const gone = once(frozen.child.stdout ?? frozen.child, 'data');
    frozen.child.kill('SIGCONT');
    frozen.child.kill('SIGTERM');
    await gone;
    expect(await seen.client.send('r', '2')).toMatchObject({ seq: 2 });
    await expect.poll(() => seqs(seen)).toEqual([1, 2]);
  });

  test('starts a room again when the log began anew, and says so', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    const seen = user(node.url, 'anna');
    await seen.client.join('r');
    for (const n of range(1, 5)) await seen.client.send('r', `old ${n}`);
    await expect.poll(() => seqs(seen)).toEqual(range(1, 5));
    await redis.kill();
    await redis.startAgain();
    expect(await seen.client.send('r', 'new')).toMatchObject({ seq: 1 });
    await expect.poll(() => seen.messages.at(-1)?.body).toBe('new');
    expect(seen.resets.length).toBeGreaterThan(0);
    expect(seqs(seen).filter((seq) => seq === 1)).toHaveLength(2);
    expect(await seen.client.send('r', 'newer')).toMatchObject({ seq: 2 });
    await expect.poll(() => seen.messages.at(-1)?.body).toBe('newer');
  });

  test('says which messages nobody can bring any more, and goes on after them', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url, RTOPS_LOG_KEEP: '10' });
    const door = await frontDoor([node.port]);
    const seen = user(door.url, 'anna', { reconnectAfterMs: 1500 });
    await seen.client.join('r');
    await seen.client.send('r', '1');
    const berta = await connect(node.url, 'berta');
    await berta.join('r');
    seen.client.socket.io.engine.close();
    for (const n of range(2, 400)) await berta.send('r', `m${n}`);
    await expect.poll(() => seqs(seen).at(-1)).toBe(400);
    const [[from, to] = [0, 0]] = seen.gone;
    expect(from).toBe(2);
    expect(seqs(seen)).toEqual([1, ...range(to + 1, 400)]);
  });

  test('fills a hole that nobody told it of when it hears of the head', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    const seen = user(node.url, 'anna');
    await seen.client.join('r');
    // A message is withheld from this client alone, as a lying node would.
    const drop = seen.client.socket.listeners('chat:message');
    seen.client.socket.off('chat:message');
    await seen.client.send('r', '1');
    await seen.client.send('r', '2');
    for (const listener of drop) seen.client.socket.on('chat:message', listener);
    expect(seqs(seen)).toEqual([]);
    await expect.poll(() => seqs(seen)).toEqual([1, 2]);
  });

  test('shows nothing of a room that it left while it was filling a hole, and lives on', async () => {
    const node = await startNode();
    const seen = user(node.url, 'anna');
    await seen.client.join('r');
    const { socket } = seen.client;
    const listeners = socket.listeners(event.message);
    socket.off(event.message);
    await seen.client.send('r', '1');
    await seen.client.send('r', '2');
    for (const listener of listeners) socket.on(event.message, listener);
    const epoch = await epochOf(seen);
    // As the server would tell it 5 s later: what is missing is asked for now.
    for (const told of socket.listeners(event.head)) told({ room: 'r', seq: 2, epoch });
    seen.client.leave('r');
    await seen.client.join('r');
    expect(await seen.client.send('r', '3')).toMatchObject({ seq: 3 });
    await expect.poll(() => seqs(seen)).toEqual([3]);
    seen.client.leave('r');
    await seen.client.join('r');
    await seen.client.send('r', '4');
    await expect.poll(() => seqs(seen)).toEqual([3, 4]);
  });

  test('starts a room again when its log has lost its end, though others wrote on', async () => {
    const node = await startNode();
    const seen = user(node.url, 'anna');
    await seen.client.join('r');
    for (const n of range(1, 5)) await seen.client.send('r', `m${n}`);
    await expect.poll(() => seqs(seen)).toEqual(range(1, 5));
    const { socket } = seen.client;
    const epoch = await epochOf(seen);
    // The node it came back to had 3 of the 5; 4 and 5 are other messages now.
    const told = { epoch, rooms: { r: { seq: 3, resync: true } } };
    for (const listener of socket.listeners(event.resumed)) listener(told);
    await expect.poll(() => seqs(seen)).toEqual([...range(1, 5), ...range(1, 5)]);
    expect(seen.resets).toEqual([1]);
  });

  test('has ids that no other client of the same user has, nor it itself after a reload', async () => {
    const node = await startNode();
    const before = user(node.url, 'anna');
    await before.client.join('r');
    const kept = await before.client.send('r', 'before');
    before.client.close();
    const after = user(node.url, 'anna');
    await after.client.join('r');
    expect(await after.client.send('r', 'after')).toMatchObject({ seq: 2 });
    // A message kept with its id is the same one.
    expect(await after.client.send('r', 'before', kept.id)).toMatchObject({ seq: 1 });
  });

  test('gives up at its deadline, and says what is known', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    const seen = user(node.url, 'anna', { sendWithinMs: 1500 });
    await seen.client.join('r');
    redis.pause();
    onTestFinished(() => redis.unpause());
    const failure = await seen.client.send('r', '1').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SendFailed);
    expect(failure).toMatchObject({ kind: 'unknown' });
    redis.unpause();
    expect((await seen.client.send('r', 'later')).seq).toBeGreaterThan(0);
    await expect(seen.client.send('elsewhere', 'x')).rejects.toMatchObject({ kind: 'refused' });
  });

  test('is out of a room that it left while it was on its way back', async () => {
    const node = await startNode();
    let asked = 0;
    const seen = user(node.url, 'anna', {
      token: async () => {
        const token = await accessToken('anna');
        asked += 1;
        // Once what it has seen is on its way to the server, and before the answer.
        if (asked === 2) setImmediate(() => seen.client.leave('r'));
        return token;
      },
    });
    await seen.client.join('r');
    await seen.client.join('q');
    seen.client.socket.io.engine.close();
    await expect.poll(() => seen.states.filter((state) => state === 'up').length).toBe(2);
    expect(await seen.client.send('q', '1')).toMatchObject({ seq: 1 });
    await expect
      .poll(async () => (await fetch(`${node.url}${path.rooms}/r`)).json())
      .toEqual({ room: 'r', members: 0 });
    expect(await (await fetch(`${node.url}${path.rooms}/q`)).json()).toMatchObject({ members: 1 });
  });

  test('comes back with a new token when the old one is refused', async () => {
    const node = await startNode();
    let asked = 0;
    const seen = user(node.url, 'anna', {
      token: async () => {
        asked += 1;
        return asked === 1 ? accessToken('anna', { expiresInSec: -5 }) : accessToken('anna');
      },
    });
    await seen.client.join('r');
    expect(await seen.client.send('r', '1')).toMatchObject({ seq: 1 });
    expect(asked).toBe(2);
  });
});
