import { createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import type { Scenario } from '../../scenario/scenario.ts';
import { mintAccessToken } from './access-token.ts';
import { backoffMs } from './backoff.ts';
import { smallScenario } from './testing/small-scenario.ts';
import { sourceAddress } from './source-address.ts';
import { TimerHeap } from './timer-heap.ts';
import { userKinds } from './user-kinds.ts';
import { workerCount } from './worker-pool.ts';

describe('the timer heap', () => {
  test('gives timers back in the order of their times, whatever the order they came in', () => {
    const heap = new TimerHeap();
    const times = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003);
    for (const [tag, time] of times.entries()) heap.push(time, tag);
    let before = -1;
    for (let i = 0; i < times.length; i += 1) {
      const timeUs = heap.nextUs;
      expect(times[heap.pop()]).toBe(timeUs);
      expect(timeUs).toBeGreaterThanOrEqual(before);
      before = timeUs;
    }
    expect(heap.nextUs).toBe(Infinity);
    expect(heap.pop()).toBe(-1);
  });
});

describe('source addresses', () => {
  const at = (index: number, host = '127.0.0.1'): string | undefined =>
    sourceAddress(new URL(`http://${host}:1234`), index, 'linux');

  test('64 networks of three octets, and at most 4,000 users an address', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 300_000; index += 1) {
      const address = at(index) ?? '';
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    const networks = new Set([...counts.keys()].map((address) => address.split('.')[2]));
    expect(networks.size).toBe(64);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(4000);
  });

  test.each([
    { host: 'localhost', why: 'it may be ::1' },
    { host: '[::1]', why: 'IPv6 loopback is one address' },
    { host: '10.0.0.1', why: 'only loopback has many' },
    { host: 'example.com', why: 'only loopback has many' },
  ])('none for $host: $why', ({ host }) => {
    expect(at(0, host)).toBeUndefined();
  });

  test('none where 127/8 is not all this machine', () => {
    expect(sourceAddress(new URL('http://127.0.0.1:1'), 0, 'darwin')).toBeUndefined();
  });
});

describe('who runs which client', () => {
  const scenario = (fidelityUsers: number, pollingShare: number): Scenario =>
    smallScenario({
      stages: [{ durationMs: 1000, target: 1000 }],
      fidelityUsers,
      pollingShare,
    });

  test.each([
    { fidelityUsers: 20, workers: 1, clients: 20 },
    { fidelityUsers: 20, workers: 3, clients: 20 },
    { fidelityUsers: 1, workers: 4, clients: 1 },
    { fidelityUsers: 0, workers: 2, clients: 0 },
    { fidelityUsers: 999, workers: 4, clients: 250 },
  ])('$fidelityUsers fidelity users over $workers workers are $clients, all in the last', (row) => {
    const kindOf = userKinds(scenario(row.fidelityUsers, 0), row.workers);
    const clients = Array.from({ length: 1000 }, (_, i) => i).filter((i) => kindOf(i) === 'client');
    expect(clients).toHaveLength(row.clients);
    expect(clients.every((index) => index % row.workers === row.workers - 1)).toBe(true);
  });

  test('about the share asked for is on long polling', () => {
    const kindOf = userKinds(scenario(20, 0.2), 2);
    const polling = Array.from({ length: 1000 }, (_, i) => i).filter(
      (i) => kindOf(i) === 'polling',
    );
    expect(polling.length).toBeGreaterThan(150);
    expect(polling.length).toBeLessThan(250);
  });
});

test.each([
  { users: 1, cores: 8, workers: 1 },
  { users: 2500, cores: 8, workers: 1 },
  { users: 2501, cores: 8, workers: 2 },
  { users: 10_000, cores: 2, workers: 2 },
  { users: 100_000, cores: 2, workers: 12 },
  { users: 100_000, cores: 64, workers: 40 },
])('$users users on $cores cores need $workers workers', ({ users, cores, workers }) => {
  expect(workerCount(users, cores)).toBe(workers);
});

test.each([
  { attempt: 0, low: 500, high: 1500 },
  { attempt: 1, low: 1000, high: 3000 },
  { attempt: 2, low: 2000, high: 5000 },
  { attempt: 9, low: 5000, high: 5000 },
])('attempt $attempt to come back waits $low to $high ms', ({ attempt, low, high }) => {
  expect(backoffMs(attempt, 0)).toBe(low);
  expect(backoffMs(attempt, 0.999999)).toBeCloseTo(high, 0);
});

test('a minted token is a signed HS256 JWT with the contract’s claims', () => {
  const [header = '', claims = '', signature] = mintAccessToken(
    'secret',
    'u7',
    1_700_000_000_500,
  ).split('.');
  const decode = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  expect(decode(header)).toEqual({ alg: 'HS256', typ: 'JWT' });
  expect(decode(claims)).toEqual({
    sub: 'u7',
    role: 'USER',
    typ: 'access',
    iss: 'rtops',
    aud: 'rtops-chat',
    iat: 1_700_000_000,
    exp: 1_700_000_900,
  });
  const expected = createHmac('sha256', 'secret').update(`${header}.${claims}`).digest('base64url');
  expect(signature).toBe(expected);
});
