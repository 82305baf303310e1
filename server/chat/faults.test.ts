/** What the server does by itself when something under it falters: each with its opposite. */
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { path, type Refusal } from '../contract.ts';
import { connect } from '../testing/client.ts';
import { startNode } from '../testing/node.ts';
import { startProcess } from '../testing/process-node.ts';
import { startRedis } from '../testing/redis.ts';

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

const statusOf = async (url: string): Promise<number> => (await fetch(url + path.ready)).status;

function admin(url: string): Redis {
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  return client;
}

describe('a node that cannot write', () => {
  test('is unready after 3 s though Redis answers, says NACK, and recovers by itself', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    const anna = await connect(node.url, 'anna');
    await anna.join('r');
    const control = admin(redis.url);
    // Full, as with `noeviction`: it answers PING and every read.
    await control.config('SET', 'maxmemory', '1');
    const refused = (await anna.send('r', '1')) as Refusal;
    expect(refused).toMatchObject({ ok: false, code: 'UNAVAILABLE' });
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(await statusOf(node.url)).toBe(200);
    await expect.poll(() => statusOf(node.url), { timeout: 4500 }).toBe(503);
    expect(await control.ping()).toBe('PONG');
    await control.config('SET', 'maxmemory', '0');
    await expect.poll(() => statusOf(node.url), { timeout: 2000 }).toBe(200);
    expect(await anna.send('r', '1')).toMatchObject({ ok: true, seq: 1 });
  });

  test('after a stall of 2 s nothing hangs, no one is thrown off, and it stays ready', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    const anna = await connect(node.url, 'anna');
    await anna.join('r');
    const wakes = performance.now() + 2000;
    await admin(redis.url).call('CLIENT', 'PAUSE', '2000', 'ALL');
    const statuses = new Set<number>();
    const acks: boolean[] = [];
    for (let n = 1; performance.now() < wakes + 500; n += 1) {
      const askedAt = performance.now();
      acks.push((await anna.send('r', `m${n}`)).ok);
      expect(performance.now() - askedAt).toBeLessThan(2000);
      statuses.add(await statusOf(node.url));
      if (acks.length > 100) break;
    }
    expect(acks).toContain(false);
    await expect.poll(async () => (await anna.send('r', 'last')).ok).toBe(true);
    expect(statuses).toEqual(new Set([200]));
    expect(anna.socket.connected).toBe(true);
  });
});

test('a message whose PUBLISH reached nobody is found by comparing heads, within 6 s', async () => {
  const redis = await startRedis();
  const node = await startNode({ REDIS_URL: redis.url });
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  await anna.send('r', '1');
  await anna.received(1);
  const json = '{"room":"r","seq":2,"id":"x","sender":"berta","body":"","at":1}';
  const store = admin(redis.url);
  // Stored as the script stores, and told to no one.
  await store.multi().xadd('rtops:{r}:log', '2-0', 'm', json).set('rtops:{r}:seq', 2).exec();
  const startedAt = performance.now();
  expect((await anna.received(2)).map(({ seq }) => seq)).toEqual([1, 2]);
  // It did take the comparison: the channel had said nothing.
  expect(performance.now() - startedAt).toBeGreaterThan(100);
  expect(performance.now() - startedAt).toBeLessThan(6000);
});

describe('a node that was stopped and wakes', () => {
  const ping = { RTOPS_PING_INTERVAL_MS: '400', RTOPS_PING_TIMEOUT_MS: '1500' };

  async function sleeper(forMs: number) {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url, ...ping };
    const node = await startProcess({ ...env, RTOPS_NODE: 'ws-1', RTOPS_LOG_LEVEL: 'info' });
    const other = await startNode({ ...env, RTOPS_NODE: 'ws-2' });
    let log = '';
    node.child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const zombie = await connect(node.url, 'anna');
    const elsewhere = await connect(other.url, 'anna');
    await Promise.all([zombie.join('r'), elsewhere.join('r')]);
    // So that this side does not close first: the frames must still be there when it wakes.
    const engine = zombie.socket.io.engine as unknown as Record<'_pingInterval', number> & {
      _resetPingTimeout(): void;
    };
    engine._pingInterval = 60_000;
    engine._resetPingTimeout();
    await zombie.send('r', 'before');
    const gone = zombie.next<string>('disconnect');
    node.child.kill('SIGSTOP');
    const queued = zombie.send('r', 'queued').catch(() => undefined);
    const twice = zombie.send('r', 'twice').catch(() => undefined);
    expect(await elsewhere.send('r', 'twice')).toMatchObject({ ok: true, seq: 2 });
    await new Promise((resolve) => {
      setTimeout(resolve, forMs);
    });
    node.child.kill('SIGCONT');
    return { elsewhere, gone, queued, twice, log: () => log };
  }

  test('drops lapsed connections before it handles their queued frames', async () => {
    const { elsewhere, gone, queued, twice, log } = await sleeper(2500);
    expect(await gone).toBe('transport close');
    expect(await queued).toBeUndefined();
    expect(await twice).toBeUndefined();
    await elsewhere.send('r', 'after');
    const history = await elsewhere.history('r');
    const ids = history.ok ? history.messages.map(({ id }) => id) : [];
    expect(ids).toEqual(['before', 'twice', 'after']);
    expect(log()).toContain('slept past the ping timeout');
  });

  test('serves them after a short sleep, and what was stored elsewhere is not stored twice', async () => {
    const { elsewhere, queued, twice } = await sleeper(300);
    expect(await queued).toMatchObject({ ok: true, seq: 3 });
    expect(await twice).toMatchObject({ ok: true, seq: 2 });
    expect(await elsewhere.history('r')).toMatchObject({ head: 3 });
    expect(range(1, 3)).toEqual((await elsewhere.received(3)).map(({ seq }) => seq));
  });
});
