import { Redis } from 'ioredis';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { Failure } from '../../failure.ts';
import { parseFault } from '../../scenario/parse-fault.ts';
import type { Durability } from '../../topology/topology.ts';
import { tracerOf } from '../process-identity.ts';
import { askRedis } from './ask-redis.ts';
import { openInjector } from './open-injector.ts';
import { small, smallSystem } from './testing/small-system.ts';
import type { SmallSystem } from './testing/small-system.ts';

function withRedis(durability: Durability): Promise<SmallSystem> {
  return smallSystem({ ...small, redis: { durability } });
}

/** A connection of a user's; it connects again by itself. */
async function client({ service }: SmallSystem): Promise<Redis> {
  const { host, port } = service('redis');
  const redis = new Redis({ host, port, lazyConnect: true, retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  await redis.connect();
  return redis;
}

/** Whether Redis has handed all it answered to the kernel. */
async function allIsWritten(redis: Redis): Promise<boolean> {
  return /^aof_buffer_length:0\r?$/m.test(await redis.info('persistence'));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('client-kill', () => {
  test('cuts requests and subscribers; Redis itself goes on', async () => {
    const system = await withRedis('memory');
    const requests = await client(system);
    const subscriber = await client(system);
    await subscriber.subscribe('room');
    let cut = 0;
    for (const redis of [requests, subscriber]) redis.on('close', () => (cut += 1));
    const before = system.pid('redis');
    const fault = await system.inject('client-kill@redis,at=0s');
    expect(fault).toMatchObject({
      effective: true,
      evidence: '1 connections and 1 subscribers were cut',
    });
    await fault.undo();
    expect(await requests.ping()).toBe('PONG');
    expect(cut).toBe(2);
    expect(system.pid('redis')).toBe(before);
  });

  test('with nobody connected it has not bitten', async () => {
    const system = await withRedis('memory');
    const fault = await system.inject('client-kill@redis,at=0s');
    expect(fault).toMatchObject({ effective: false });
    await fault.undo();
  });
});

describe('power-loss, the model', () => {
  /** Writes before and right before the power goes; what is there when it is back. */
  async function lostOf(durability: Durability, options = '') {
    const system = await withRedis(durability);
    const text = `power-loss@redis,at=0s${options}`;
    await system.injector.check(parseFault(text));
    const redis = await client(system);
    await redis.set('old', '1');
    await pause(1500);
    for (let at = 0; at < 20; at += 1) await redis.set(`new-${at}`, '1');
    // While an fsync is slow, `everysec` keeps answered writes to itself: then a kill does lose them.
    if (options.includes('lose=0s')) while (!(await allIsWritten(redis))) await pause(10);
    const fault = await system.inject(text);
    const held = system.service('redis').state;
    await fault.undo();
    const kept = await redis.keys('new-*');
    return { fault, held, old: await redis.exists('old'), newKept: kept.length };
  }

  test('always: nothing that was answered is lost', async () => {
    const { fault, old, newKept } = await lostOf('always');
    expect(fault.effective).toBe(true);
    expect(fault.evidence).toContain('all answers were synced (a model of power loss)');
    expect([old, newKept]).toEqual([1, 20]);
  });

  test('everysec: the last second is lost, what was before is not', async () => {
    const { fault, old, newKept } = await lostOf('everysec');
    expect(fault.effective).toBe(true);
    expect(fault.evidence).toMatch(/; [1-9]\d* bytes of the last 1000 ms were cut/);
    expect([old, newKept]).toEqual([1, 0]);
  });

  test('everysec, with lose=0s: the kill alone loses nothing (the negative control)', async () => {
    const { fault, old, newKept } = await lostOf('everysec', ',lose=0s');
    expect(fault.evidence).toContain('; 0 bytes of the last 0 ms');
    expect([old, newKept]).toEqual([1, 20]);
  });

  test('memory: everything is lost', async () => {
    const { fault, old, newKept } = await lostOf('memory');
    expect(fault.effective).toBe(true);
    expect([old, newKept]).toEqual([0, 0]);
  });

  test('without knowing how much was synced nothing is cut, and it has not bitten', async () => {
    const system = await withRedis('everysec');
    const fault = await system.inject('power-loss@redis,at=0s');
    expect(fault).toMatchObject({ effective: false });
    expect(fault.evidence).toContain('is not known');
    await fault.undo();
    const dir = join(system.system.stateDir, 'data', 'redis', 'appendonlydir');
    expect(readdirSync(dir).some((file) => statSync(join(dir, file)).size > 0)).toBe(true);
  });
});

describe('slow-fsync', () => {
  async function writeMs(redis: Redis): Promise<number> {
    const before = performance.now();
    await redis.set('key', 'value');
    return performance.now() - before;
  }

  test('each write of `always` waits for a slow fsync, and only meanwhile', async () => {
    const system = await withRedis('always');
    const redis = await client(system);
    expect(await writeMs(redis)).toBeLessThan(150);
    const fault = await system.inject('slow-fsync@redis,at=0s,for=10s,delay=200ms');
    expect(fault.evidence).toMatch(/each fsync of pid \d+ takes 200 ms longer/);
    expect(fault.effective).toBe(true);
    expect(await writeMs(redis)).toBeGreaterThanOrEqual(199);
    await fault.undo();
    await fault.undo();
    expect(tracerOf(system.pid('redis'))).toBeUndefined();
    expect(await writeMs(redis)).toBeLessThan(150);
  });

  test('`everysec` loses what it had answered when Redis is killed while an fsync is slow', async () => {
    const system = await withRedis('everysec');
    const redis = await client(system);
    await system.inject('slow-fsync@redis,at=0s,for=30s,delay=4s');
    // The first of these starts an fsync; while it lasts, and for two seconds at most, Redis keeps
    // answered writes to itself.
    let written = 0;
    do {
      await redis.set(`key-${written}`, 'value');
      written += 1;
    } while (await allIsWritten(redis));
    const fault = await system.inject('restart@redis,at=0s');
    await fault.undo();
    const kept = (await redis.keys('key-*')).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(written);
  });

  test('without a slow fsync the same kill loses nothing (the negative control)', async () => {
    const system = await withRedis('everysec');
    const redis = await client(system);
    for (let at = 0; at < 30; at += 1) {
      await redis.set(`key-${at}`, 'value');
      await pause(50);
    }
    const fault = await system.inject('restart@redis,at=0s');
    await fault.undo();
    expect(await redis.keys('key-*')).toHaveLength(30);
  });

  test('without strace it is refused, and the way out is said', async () => {
    const { world, system } = await withRedis('always');
    const bare = { ...world, env: { PATH: '/nowhere' } };
    await using injector = await openInjector(bare, system);
    const fault = parseFault('slow-fsync@redis,at=0s,for=1s,delay=1s');
    await expect(injector.check(fault)).rejects.toThrow(Failure);
    await expect(injector.check(fault)).rejects.toMatchObject({
      next: expect.stringContaining('strace') as string,
    });
  });
});

test('Redis is asked one question at a time, and an error is an error', async () => {
  const system = await withRedis('memory');
  const { host, port } = system.service('redis');
  expect(await askRedis(host, port, 'PING')).toBe('PONG');
  await expect(askRedis(host, port, 'NONSENSE')).rejects.toThrow('unknown command');
  await expect(askRedis(host, 1, 'PING')).rejects.toThrow('ECONNREFUSED');
});
