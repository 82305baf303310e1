/** Two nodes on one real Redis: what the log path promises, and what happens when Redis falters. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { Redis } from 'ioredis';
import { event, type Head, type Refusal } from '../contract.ts';
import { connect } from '../testing/client.ts';
import { startNode, type TestNode } from '../testing/node.ts';
import { startRedis, type TestRedis } from '../testing/redis.ts';

type Pair = { readonly redis: TestRedis; readonly one: TestNode; readonly two: TestNode };

async function twoNodes(
  env: Readonly<Record<string, string>> = {},
  redisSettings: readonly string[] = [],
): Promise<Pair> {
  const redis = await startRedis(redisSettings);
  const both = { ...env, REDIS_URL: redis.url };
  return {
    redis,
    one: await startNode({ ...both, RTOPS_NODE: 'ws-1' }),
    two: await startNode({ ...both, RTOPS_NODE: 'ws-2' }),
  };
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('the log path on two nodes', () => {
  test('shows one order to all, whoever sends and wherever they are', async () => {
    const { one, two } = await twoNodes();
    const clients = await Promise.all(
      [one, two, one, two].map((node, n) => connect(node.url, `user-${n}`)),
    );
    await Promise.all(clients.map((client) => client.join('r')));
    await Promise.all(
      clients.flatMap((client) => range(1, 50).map((n) => client.send('r', `m${n}`))),
    );
    const seen = await Promise.all(clients.map((client) => client.received(200)));
    expect(seen[0]?.map(({ seq }) => seq)).toEqual(range(1, 200));
    for (const other of seen) expect(other).toEqual(seen[0]);
  });

  test('stores a message once, though it was tried on both nodes at the same time', async () => {
    const { one, two } = await twoNodes();
    const here = await connect(one.url, 'anna');
    const there = await connect(two.url, 'anna');
    await Promise.all([here.join('r'), there.join('r')]);
    const acks = await Promise.all([here.send('r', '1'), there.send('r', '1')]);
    expect(acks[0]).toEqual(acks[1]);
    await here.send('r', '2');
    expect(await there.received(2)).toHaveLength(2);
    expect(there.messages.map(({ id }) => id)).toEqual(['1', '2']);
  });

  test('limits a user over both nodes together', async () => {
    const { one, two } = await twoNodes({ RTOPS_RATE_LIMIT: '20/10000' });
    const here = await connect(one.url, 'anna');
    const there = await connect(two.url, 'anna');
    await Promise.all([here.join('r'), there.join('r')]);
    for (const n of range(1, 20)) {
      expect((await (n % 2 === 0 ? here : there).send('r', `m${n}`)).ok).toBe(true);
    }
    for (const client of [here, there]) {
      const refused = (await client.send('r', 'm21')) as Refusal;
      expect(refused).toMatchObject({ ok: false, code: 'RATE_LIMITED' });
      expect(refused.retryAfterMs).toBeGreaterThan(0);
    }
    expect(await here.history('r')).toMatchObject({ head: 20 });
  });
});

test('the limit of a user outlives no clock of Redis that was set back', async () => {
  const { one, redis } = await twoNodes({ RTOPS_RATE_LIMIT: '1/60000' });
  const anna = await connect(one.url, 'anna');
  await anna.join('r');
  expect(await anna.send('r', '1')).toMatchObject({ ok: true });
  expect(await anna.send('r', '2')).toMatchObject({ code: 'RATE_LIMITED' });
  const admin = new Redis(redis.url);
  onTestFinished(() => admin.disconnect());
  // As it stands after the clock went back by an hour: sent in an hour from now.
  await admin.lset('rtops:sends:anna', 0, Date.now() + 3_600_000);
  expect(await anna.send('r', '2')).toMatchObject({ ok: true });
  expect(await anna.send('r', '3')).toMatchObject({ code: 'RATE_LIMITED' });
});

describe('a client that comes back', () => {
  test('gets what it missed, in order and once, then live, then `chat:resumed`', async () => {
    const { one, two } = await twoNodes();
    const anna = await connect(one.url, 'anna');
    const berta = await connect(one.url, 'berta');
    const joined = await anna.join('r');
    await berta.join('r');
    for (const n of range(1, 5)) await berta.send('r', `m${n}`);
    await anna.received(5);
    anna.socket.disconnect();
    for (const n of range(6, 30)) await berta.send('r', `m${n}`);
    const epoch = joined.ok ? joined.epoch : '';
    // Messages keep coming while it resumes.
    const meanwhile = Promise.all(range(31, 60).map((n) => berta.send('r', `m${n}`)));
    const back = await connect(two.url, 'anna', { resume: { epoch, rooms: { r: 5 } } });
    const resumed = await back.resumed;
    await meanwhile;
    await back.received(55);
    expect(back.messages.map(({ seq }) => seq)).toEqual(range(6, 60));
    expect(resumed).toMatchObject({ epoch, rooms: { r: { seq: expect.any(Number) as number } } });
    expect(resumed.rooms['r']?.resync).toBeUndefined();
    expect(await back.send('r', 'm61')).toMatchObject({ ok: true, seq: 61 });
  });

  test.each([
    ['the epoch is another', { epoch: 'other', seq: 3 }],
    ['the log is trimmed', { epoch: undefined, seq: 3 }],
    ['it has seen more than there is', { epoch: undefined, seq: 9999 }],
  ])('is told to refetch when %s, and gets no partial replay', async (_name, { epoch, seq }) => {
    const { one } = await twoNodes({ RTOPS_LOG_KEEP: '10' });
    const berta = await connect(one.url, 'berta');
    const joined = await berta.join('r');
    for (const n of range(1, 300)) await berta.send('r', `m${n}`);
    const known = epoch ?? (joined.ok ? joined.epoch : '');
    const back = await connect(one.url, 'anna', { resume: { epoch: known, rooms: { r: seq } } });
    expect((await back.resumed).rooms).toEqual({ r: { seq: 300, resync: true } });
    expect(back.messages).toEqual([]);
    await berta.send('r', 'm301');
    expect(await back.received(1)).toMatchObject([{ seq: 301 }]);
  });

  test('is told to refetch when a removed message outlived those around it in the log', async () => {
    const { one } = await twoNodes({ RTOPS_LOG_KEEP: '10' });
    const root = await connect(one.url, 'root', { role: 'ADMIN' });
    const joined = await root.join('r');
    for (const n of range(1, 10)) await root.send('r', `m${n}`);
    expect(await root.ask(event.remove, { room: 'r', seq: 5 })).toEqual({ ok: true });
    for (const n of range(11, 300)) await root.send('r', `m${n}`);
    const epoch = joined.ok ? joined.epoch : '';
    const back = await connect(one.url, 'anna', { resume: { epoch, rooms: { r: 4 } } });
    expect((await back.resumed).rooms).toEqual({ r: { seq: 300, resync: true } });
    expect(back.messages).toEqual([]);
  });

  test('resumes an empty list of rooms too', async () => {
    const { one } = await twoNodes();
    const back = await connect(one.url, 'anna', { resume: { epoch: 'x', rooms: {} } });
    expect((await back.resumed).rooms).toEqual({});
  });
});

describe('when Redis falters', () => {
  test('a stalled one means NACK within 2 s; then it goes on, and nothing is doubled', async () => {
    const { one, two, redis } = await twoNodes();
    const anna = await connect(one.url, 'anna');
    const berta = await connect(two.url, 'berta');
    await Promise.all([anna.join('r'), berta.join('r')]);
    await anna.send('r', '1');
    redis.pause();
    onTestFinished(() => redis.unpause());
    const startedAt = performance.now();
    expect(await anna.send('r', '2')).toMatchObject({ ok: false, code: 'UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(2000);
    await expect
      .poll(async () => (await fetch(`${one.url}/health`)).status, { timeout: 4000 })
      .toBe(503);
    redis.unpause();
    await expect.poll(async () => (await anna.send('r', '2')).ok).toBe(true);
    await anna.send('r', '3');
    expect((await berta.received(3)).map(({ id }) => id)).toEqual(['1', '2', '3']);
    await expect.poll(async () => (await fetch(`${one.url}/health`)).status).toBe(200);
  });

  test('what the channel lost is filled from the log', async () => {
    const { one, two, redis } = await twoNodes();
    const anna = await connect(one.url, 'anna');
    const berta = await connect(two.url, 'berta');
    await Promise.all([anna.join('r'), berta.join('r')]);
    await anna.send('r', '1');
    await berta.received(1);
    const admin = new Redis(redis.url);
    onTestFinished(() => admin.disconnect());
    // Cuts every channel; messages sent now are told to nobody.
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await anna.send('r', '2');
    await anna.send('r', '3');
    expect((await berta.received(3)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await anna.received(3)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('one that comes back whole keeps the epoch, and nothing acked is lost', async () => {
    const { one, two, redis } = await twoNodes({}, [
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
    ]);
    const anna = await connect(one.url, 'anna');
    const berta = await connect(two.url, 'berta');
    const joined = await anna.join('r');
    await berta.join('r');
    for (const n of range(1, 20)) await anna.send('r', `m${n}`);
    await redis.kill();
    expect(await anna.send('r', 'm21')).toMatchObject({ ok: false, code: 'UNAVAILABLE' });
    await redis.startAgain();
    await expect.poll(async () => (await anna.send('r', 'm21')).ok).toBe(true);
    expect((await berta.received(21)).map(({ seq }) => seq)).toEqual(range(1, 21));
    expect(await anna.history('r')).toMatchObject({
      epoch: joined.ok ? joined.epoch : '',
      head: 21,
    });
  });

  test('one that forgot ends the epoch: members are told, and returning clients refetch', async () => {
    const { one, redis } = await twoNodes();
    const anna = await connect(one.url, 'anna');
    const joined = await anna.join('r');
    const epoch = joined.ok ? joined.epoch : '';
    for (const n of range(1, 5)) await anna.send('r', `m${n}`);
    await anna.received(5);
    const told = anna.next<Head>(event.head);
    await redis.kill();
    await redis.startAgain();
    const head = await told;
    expect(head.epoch).not.toBe(epoch);
    await expect.poll(async () => (await anna.send('r', 'new')).ok).toBe(true);
    const back = await connect(one.url, 'berta', { resume: { epoch, rooms: { r: 5 } } });
    expect((await back.resumed).rooms['r']?.resync).toBe(true);
  });

  test('one epoch ends and one begins, however many rooms were lost', async () => {
    const { one, two, redis } = await twoNodes();
    const rooms = range(1, 40).map((n) => `r${n}`);
    const clients = [await connect(one.url, 'anna'), await connect(two.url, 'berta')];
    const told = clients.map((client) => {
      const heads: Head[] = [];
      client.socket.on(event.head, (head: Head) => heads.push(head));
      return heads;
    });
    for (const client of clients) await Promise.all(rooms.map((room) => client.join(room)));
    for (const room of rooms) await clients[0]?.send(room, 'm1');
    await redis.kill();
    await redis.startAgain();
    await expect
      .poll(() => told.map((heads) => new Set(heads.map(({ room }) => room)).size), {
        timeout: 8000,
      })
      .toEqual([40, 40]);
    await expect.poll(async () => (await clients[0]?.send('r1', 'new'))?.ok).toBe(true);
    // The frames of one room follow those of all restarts before it.
    await Promise.all(clients.map((client) => client.received(41)));
    expect(new Set(told.flat().map(({ epoch }) => epoch)).size).toBe(1);
    // Once as it begins, and perhaps once more as the room goes quiet.
    for (const heads of told) expect(heads.length).toBeLessThanOrEqual(80);
  });
});

test('the adapter path reaches members on both nodes, and keeps nothing', async () => {
  const { one, two } = await twoNodes({ RTOPS_MESSAGE_PATH: 'adapter' });
  const anna = await connect(one.url, 'anna');
  const berta = await connect(two.url, 'berta');
  await Promise.all([anna.join('r'), berta.join('r')]);
  await expect
    .poll(async () => {
      await anna.send('r', crypto.randomUUID());
      return berta.messages.length;
    })
    .toBeGreaterThan(0);
  expect(await anna.history('r')).toMatchObject({ ok: true, messages: [] });
  const seqs = anna.messages.map(({ seq }) => seq);
  expect(new Set(seqs).size).toBe(seqs.length);
  // It does not know what has reached a member, and does not say so.
  expect(await anna.ask(event.leave, { room: 'r' })).toEqual({ ok: true });
});
