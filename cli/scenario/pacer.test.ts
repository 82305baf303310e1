import { describe, expect, test } from 'vitest';

import { pacerOf } from './pacer.ts';
import { parseScenario } from './parse-scenario.ts';
import type { MessageRate, Scenario } from './scenario.ts';

describe('the pacer', () => {
  test.each<{ rate: MessageRate; periodUs: number; why: string }>([
    { rate: { kind: 'per-user', perSec: 2 }, periodUs: 500_000, why: 'each user at its own rate' },
    {
      rate: { kind: 'total', perSec: 10 },
      periodUs: 10_000_000,
      why: '100 planned users share 10/s',
    },
    { rate: { kind: 'per-user', perSec: 0 }, periodUs: Infinity, why: 'nobody sends' },
    { rate: { kind: 'total', perSec: 0 }, periodUs: Infinity, why: 'nobody sends either' },
  ])('$rate.kind $rate.perSec: $why', ({ rate, periodUs }) => {
    expect(pacerOf(scenario(rate)).periodUs).toBe(periodUs);
  });

  test('sends of a user lie one period apart, the first within one period', () => {
    const pacer = pacerOf(scenario({ kind: 'per-user', perSec: 1 }));
    for (const user of [0, 1, 99]) {
      expect(pacer.sendDueUs(user, 0)).toBeGreaterThanOrEqual(0);
      expect(pacer.sendDueUs(user, 0)).toBeLessThanOrEqual(1_000_000);
      expect(pacer.sendDueUs(user, 5) - pacer.sendDueUs(user, 4)).toBe(1_000_000);
      expect(Number.isInteger(pacer.sendDueUs(user, 3))).toBe(true);
    }
  });

  test('users are spread over the period, not in step', () => {
    const pacer = pacerOf(scenario({ kind: 'per-user', perSec: 1 }));
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let user = 0; user < 1000; user += 1) {
      const tenth = Math.min(9, Math.floor(pacer.sendDueUs(user, 0) / 100_000));
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(Math.min(...tenths)).toBeGreaterThan(60);
    expect(Math.max(...tenths)).toBeLessThan(140);
  });

  test.each([3, 7, 0.3, 999])(
    'the first send from a moment is due at or after it, and the one before is not: %d/s',
    (perSec) => {
      const pacer = pacerOf(scenario({ kind: 'per-user', perSec }));
      for (const user of [0, 42, 99]) {
        for (let k = 0; k < 200; k += 1) {
          // Where rounding to whole µs decides, and the moments beside it.
          const dueUs = pacer.sendDueUs(user, k);
          expect(pacer.firstSendFrom(user, dueUs)).toBe(k);
          expect(pacer.firstSendFrom(user, dueUs + 1)).toBe(k + 1);
          expect(pacer.firstSendFrom(user, dueUs - 0.5)).toBe(k);
        }
        expect(pacer.firstSendFrom(user, 0)).toBe(0);
      }
    },
  );

  test('who never sends has no first send', () => {
    expect(pacerOf(scenario({ kind: 'total', perSec: 0 })).firstSendFrom(0, 5)).toBe(Infinity);
  });

  test('the same seed gives the same times, another seed others', () => {
    const rate: MessageRate = { kind: 'per-user', perSec: 1 };
    const times = (seed: number): number[] =>
      Array.from({ length: 50 }, (_, user) => pacerOf(scenario(rate, seed)).sendDueUs(user, 0));
    expect(times(1)).toEqual(times(1));
    expect(times(1)).not.toEqual(times(2));
  });

  test('requests are evenly spaced, and absent without a rate', () => {
    const pacer = pacerOf(scenario({ kind: 'total', perSec: 0 }));
    expect([0, 1, 2].map((k) => pacer.httpDueUs(k))).toEqual([10_000, 30_000, 50_000]);
    const silent = {
      ...scenario({ kind: 'total', perSec: 0 }),
      http: { perSec: 0, path: '/', freshShare: 0 },
    };
    expect(pacerOf(silent).httpDueUs(0)).toBe(Infinity);
  });
});

function scenario(rate: MessageRate, seed = 1): Scenario {
  return { ...parseScenario("stages: ['10s:100']", 'x.yaml', {}), rate, seed };
}
