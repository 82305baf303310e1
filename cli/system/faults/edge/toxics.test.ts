import { setTimeout as sleepFor } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { waitUntil } from '../../testing/wait-until.ts';
import { proxiedEcho } from './testing/proxied-echo.ts';
import type { Toxic } from './toxic.ts';

/** Whether nothing happens to it for so long: absence can only be waited for. */
async function staysPending(work: Promise<unknown>, forMs: number): Promise<boolean> {
  return await Promise.race([work.then(() => false), sleepFor(forMs, true)]);
}

describe('without a toxic', () => {
  test('bytes pass both ways in milliseconds, in order, and a half-open connection stays one', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    // The quickest of many: a busy machine holds up some, a proxy that delays holds up all.
    let quickestMs = Infinity;
    for (let at = 0; at < 20; at += 1) {
      quickestMs = Math.min(quickestMs, await caller.ask('a'));
    }
    expect(quickestMs).toBeLessThan(100);
    const long = 'x'.repeat(3_000_000);
    await caller.ask(long);
    expect(caller.received()).toBe(`${'a'.repeat(20)}${long}`);
    caller.socket.write('the end');
    caller.socket.end();
    await caller.until(3_000_027);
    expect(await caller.ended).toBe('end');
    const [status] = await waitUntil(async () => {
      const edges = await echo.client.edges();
      return edges[0]?.connections === 0 ? edges : undefined;
    });
    expect(status).toMatchObject({ accepted: 1, upBytes: 3_000_027, downBytes: 3_000_027 });
  });

  test('the target sees the address the caller has', async () => {
    const echo = await proxiedEcho();
    await (await echo.dial('127.0.77.3')).ask('x');
    expect(echo.served[0]?.remoteAddress).toBe('127.0.77.3');
  });

  test('a reader that stops stops the writer: nothing piles up in between', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('x');
    echo.served[0]?.unpipe();
    echo.served[0]?.pause();
    const part = 'y'.repeat(1_000_000);
    let written = 0;
    while (written < 64) {
      if (!caller.socket.write(part) && caller.socket.writableLength > 3_000_000) break;
      written += 1;
      await sleepFor(1);
    }
    // Kernel buffers on four sockets and the proxy's own quarter of a megabyte.
    expect(written).toBeLessThan(40);
  });

  test('a target that is down refuses through the edge too, and takes connections once it is back', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('x');
    await echo.closeTarget();
    await caller.ended;
    await waitUntil(async () => {
      const edges = await echo.client.edges();
      return edges[0]?.listening === false;
    });
    await expect(echo.dial()).rejects.toThrow('ECONNREFUSED');
    await echo.openTarget();
    const again = await waitUntil(() => echo.dial().catch(() => undefined));
    expect(await again.ask('back')).toBeLessThan(200);
  });
});

describe('what a toxic did is counted when it goes', () => {
  test.each<{ is: string; toxic: Toxic; asks: number; felt: boolean }>([
    { is: 'latency', toxic: latency(20, 0), asks: 1, felt: true },
    { is: 'latency nothing passed under', toxic: latency(20, 0), asks: 0, felt: false },
    { is: 'a jitter of 1 ms', toxic: latency(0, 1), asks: 5, felt: false },
    { is: 'a jitter of 30 ms', toxic: latency(0, 30), asks: 5, felt: true },
    { is: 'a rate that is met', toxic: rate(50_000), asks: 3, felt: true },
    { is: 'a rate far above what passes', toxic: rate(500e6), asks: 3, felt: false },
    { is: 'a cut in time', toxic: cut(10), asks: 0, felt: false },
  ])('$is, $asks × asked: felt $felt', async ({ toxic, asks, felt }) => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('before');
    await echo.apply(toxic);
    for (let i = 0; i < asks; i += 1) await caller.ask('x'.repeat(4000));
    const count = await echo.remove();
    expect((count ?? 0) > 0).toBe(felt);
    // Gone, and what it was is not known any more.
    expect(await echo.remove()).toBeNull();
  });

  test('connections cut and reset, each', async () => {
    const echo = await proxiedEcho();
    const callers = [await echo.dial(), await echo.dial()];
    for (const caller of callers) await caller.ask('before');
    await echo.apply(cut(3));
    callers[0]?.socket.write('four');
    await callers[0]?.ended;
    expect(await echo.remove()).toBe(1);
    await waitUntil(async () => (await echo.client.edges())[0]?.connections === 1);
    await echo.apply({ kind: 'reset' });
    await callers[1]?.ended;
    expect(await echo.remove()).toBe(1);
    await echo.apply({ kind: 'reset' });
    expect(await echo.remove()).toBe(0);
  });
});

function latency(delayMs: number, jitterMs: number): Toxic {
  return { kind: 'latency', direction: 'both', delayMs, jitterMs };
}

function rate(bytesPerSec: number): Toxic {
  return { kind: 'rate', direction: 'both', bytesPerSec };
}

function cut(bytes: number): Toxic {
  return { kind: 'cut', direction: 'up', bytes };
}

describe('each toxic, and its end', () => {
  test('latency delays each way within its jitter; removed, the echo is quick again', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    expect(await caller.ask('before')).toBeLessThan(150);
    await echo.apply({ kind: 'latency', direction: 'both', delayMs: 100, jitterMs: 20 });
    for (let round = 0; round < 3; round += 1) {
      const tookMs = await caller.ask('during');
      expect(tookMs).toBeGreaterThanOrEqual(160);
      expect(tookMs).toBeLessThan(600);
    }
    await echo.apply({ kind: 'latency', direction: 'up', delayMs: 100, jitterMs: 0 });
    const oneWayMs = await caller.ask('one way');
    expect(oneWayMs).toBeGreaterThanOrEqual(99);
    expect(oneWayMs).toBeLessThan(190);
    await echo.remove();
    expect(await caller.ask('after')).toBeLessThan(150);
    expect(caller.received()).toBe('beforeduringduringduringone wayafter');
  });

  test('what latency holds back goes when it is removed, in order', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('1');
    await echo.apply({ kind: 'latency', direction: 'up', delayMs: 60_000, jitterMs: 0 });
    for (const digit of '23456') caller.socket.write(digit);
    expect(await staysPending(caller.until(2), 200)).toBe(true);
    await echo.remove();
    await caller.until(6);
    expect(caller.received()).toBe('123456');
  });

  test('a rate is kept, and shared by the connections of the edge', async () => {
    const echo = await proxiedEcho();
    const [one, two] = [await echo.dial(), await echo.dial()];
    const text = 'x'.repeat(50_000);
    expect(await one.ask(text)).toBeLessThan(200);
    await echo.apply({ kind: 'rate', direction: 'down', bytesPerSec: 100_000 });
    const aloneMs = await one.ask(text);
    expect(aloneMs).toBeGreaterThan(430);
    expect(aloneMs).toBeLessThan(800);
    const times = await Promise.all([one.ask(text), two.ask(text)]);
    expect(Math.min(...times)).toBeGreaterThan(850);
    expect(Math.max(...times)).toBeLessThan(1400);
    await echo.remove();
    expect(await one.ask(text)).toBeLessThan(200);
  });

  test('a blackhole holds everything and closes nothing; removed, all of it arrives', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('a');
    expect(await echo.apply({ kind: 'blackhole', direction: 'both' })).toBe(1);
    caller.socket.write('b');
    const late = await echo.dial();
    late.socket.write('c');
    const silence = Promise.race([caller.until(2), late.until(1), caller.ended, late.ended]);
    expect(await staysPending(silence, 400)).toBe(true);
    // The new one never reached the target.
    expect(echo.served).toHaveLength(1);
    await echo.remove();
    await Promise.all([caller.until(2), late.until(1)]);
    expect([caller.received(), late.received()]).toEqual(['ab', 'c']);
  });

  test('a blackhole downwards lets the target hear, but not be heard, not even its end', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('a');
    await echo.apply({ kind: 'blackhole', direction: 'down' });
    const heard = new Promise<string>((resolve) => {
      echo.served[0]?.once('data', (data: Buffer) => resolve(data.toString()));
    });
    caller.socket.write('b');
    expect(await heard).toBe('b');
    echo.served[0]?.resetAndDestroy();
    expect(await staysPending(Promise.race([caller.until(2), caller.ended]), 300)).toBe(true);
    await echo.remove();
    expect(await caller.ended).toBe('ECONNRESET');
  });

  test('reset breaks every connection and each new one, until it is removed', async () => {
    const echo = await proxiedEcho();
    const [one, two] = [await echo.dial(), await echo.dial()];
    await Promise.all([one.ask('x'), two.ask('x')]);
    const targetBroke = new Promise<string>((resolve) => {
      echo.served[0]?.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
    expect(await echo.apply({ kind: 'reset' })).toBe(2);
    expect(await Promise.all([one.ended, two.ended, targetBroke])).toEqual(
      Array.from({ length: 3 }, () => 'ECONNRESET'),
    );
    const third = await echo.dial().then(
      (caller) => caller.ended,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(third).toBe('ECONNRESET');
    await echo.remove();
    expect(await (await echo.dial()).ask('again')).toBeLessThan(200);
  });

  test('refuse keeps those who are there and lets nobody in, until it is removed', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await caller.ask('x');
    expect(await echo.apply({ kind: 'refuse' })).toBe(1);
    await expect(echo.dial()).rejects.toThrow('ECONNREFUSED');
    expect(await caller.ask('still here')).toBeLessThan(200);
    await echo.remove();
    expect(await (await echo.dial()).ask('again')).toBeLessThan(200);
  });

  test('cut ends a connection after so many bytes, of old ones counted from now', async () => {
    const echo = await proxiedEcho();
    const old = await echo.dial();
    await old.ask('x'.repeat(5000));
    await echo.apply({ kind: 'cut', direction: 'down', bytes: 1000 });
    const fresh = await echo.dial();
    for (const caller of [old, fresh]) caller.socket.write('y'.repeat(4000));
    expect(await Promise.all([old.ended, fresh.ended])).toEqual(['end', 'end']);
    expect([old.received().length, fresh.received().length]).toEqual([6000, 1000]);
    await echo.remove();
    await (await echo.dial()).ask('z'.repeat(4000));
  });
});

describe('the dead-man rule', () => {
  test('a toxic that nobody renews lapses; one that is renewed stays', async () => {
    const echo = await proxiedEcho();
    const caller = await echo.dial();
    await echo.apply({ kind: 'blackhole', direction: 'both' }, 400);
    const answered = caller.ask('x');
    for (let beat = 0; beat < 4; beat += 1) {
      expect(await staysPending(answered, 200)).toBe(true);
      expect(await echo.client.renew('t')).toBe(true);
    }
    const lapsedAfterMs = await caller.until(1);
    expect(lapsedAfterMs).toBeGreaterThan(300);
    expect(lapsedAfterMs).toBeLessThan(700);
    expect(await echo.client.renew('t')).toBe(false);
  });
});

describe('the control port', () => {
  test('asks for the token, refuses what it does not know, and forgets twice without a word', async () => {
    const echo = await proxiedEcho();
    const url = `http://127.0.0.1:${echo.config.controlPort}`;
    expect((await fetch(`${url}/edges`)).status).toBe(401);
    expect((await fetch(`${url}/toxics/t`, { method: 'DELETE' })).status).toBe(401);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const toxic = { kind: 'refuse' } as const;
    await expect(
      echo.client.apply({ id: 'a', edges: ['client-nobody'], toxic, ttlMs: 1000 }),
    ).rejects.toMatchObject({ why: expect.stringContaining('no such edge') as unknown });
    await expect(
      echo.client.apply({ id: 'a', edges: ['client-echo'], toxic, ttlMs: -1 }),
    ).rejects.toMatchObject({ why: expect.stringContaining('ttlMs') as unknown });
    await echo.apply(toxic);
    await echo.remove();
    await echo.remove();
    expect(await (await echo.dial()).ask('x')).toBeLessThan(200);
  });
});
