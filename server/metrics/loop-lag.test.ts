import { setTimeout as sleepFor } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

import { loopLag } from './loop-lag.ts';

test('a stall is in the next page, and in the one after it when the first was asked for in vain', async () => {
  const lag = loopLag();
  onTestFinished(() => lag.close());
  await sleepFor(50);
  lag.read();
  // The monitor counts from its first tick after a reading.
  await sleepFor(50);
  const until = performance.now() + 2100;
  while (performance.now() < until);
  await sleepFor(50);
  expect(lag.read().max).toBeGreaterThan(2);
  expect(lag.read().max).toBeGreaterThan(2);
});

test('negative control: without a stall there is none', async () => {
  const lag = loopLag();
  onTestFinished(() => lag.close());
  await sleepFor(100);
  expect(lag.read().max).toBeLessThan(1);
});
