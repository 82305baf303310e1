import { expect, test } from 'vitest';

import { became } from './became.ts';
import { testWorld } from './testing/test-world.ts';

test('it is looked until it is so, and no longer than was said', async () => {
  const world = testWorld();
  let looks = 0;
  expect(await became(world, 10_000, () => (looks += 1) === 3)).toBe(true);
  expect(looks).toBe(3);
  const startMs = performance.now();
  expect(await became(world, 100, () => false)).toBe(false);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(99);
});

test('a wall clock that is put forward ends no wait', async () => {
  const world = testWorld();
  let hours = 0;
  const clock = { ...world.clock, now: () => Date.now() + 3_600_000 * (hours += 1) };
  let looks = 0;
  expect(await became({ clock }, 10_000, () => (looks += 1) === 3)).toBe(true);
});
