import { expect, test } from 'vitest';

import { machineUse } from './machine-use.ts';

const seconds = (...busy: number[]) =>
  busy.map((busyPct, i) => ({ atMs: (i + 1) * 1000, busyPct, stealPct: i === 0 ? 10 : 0 }));

test('the mean, and the busiest five seconds', () => {
  const use = machineUse(seconds(10, 10, 10, 10, 10, 90, 90, 90, 90, 90));
  expect(use).toEqual({ cpuPct: { avg: 50, max: 90 }, stealPct: 1 });
});

test('one full second is no full machine', () => {
  expect(machineUse(seconds(20, 20, 20, 100, 20, 20, 20))?.cpuPct.max).toBe(36);
});

test('a run shorter than a window has its mean; one without a reading has nothing', () => {
  expect(machineUse(seconds(80, 100))?.cpuPct).toEqual({ avg: 90, max: 90 });
  expect(machineUse([])).toBeUndefined();
});
