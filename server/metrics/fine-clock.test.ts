import { expect, onTestFinished, test, vi } from 'vitest';
import { fineClock } from './fine-clock.ts';

test('is the wall clock, with fractions', () => {
  const clock = fineClock();
  clock.follow();
  const readings = Array.from({ length: 20 }, () => clock.nowMs());
  for (const reading of readings) expect(Math.abs(reading - Date.now())).toBeLessThan(50);
  expect(readings.some((reading) => !Number.isInteger(reading))).toBe(true);
});

test('follows the wall clock where it was set, and not its rounding', () => {
  const clock = fineClock();
  clock.follow();
  const now = Date.now.bind(Date);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);
  expect(Math.abs(clock.nowMs() - now())).toBeLessThan(50);
  clock.follow();
  expect(Math.abs(clock.nowMs() - now() - 60_000)).toBeLessThan(50);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 60_002);
  // The largest of many: whatever comes between the two clocks only lessens it.
  const origin = (): number =>
    Math.max(...Array.from({ length: 50 }, () => clock.nowMs() - performance.now()));
  const before = origin();
  clock.follow();
  expect(origin()).toBeCloseTo(before, 1);
});
