import { expect, test } from 'vitest';

import { bootstrapMean } from './bootstrap.ts';

test('the interval holds the mean and lies within the values, and a seed fixes it', () => {
  const values = [1900, 2100, 2000, 2600, 2050];
  const { mean, low, high } = bootstrapMean(values, 7);
  expect(mean).toBe(2130);
  expect(low).toBeGreaterThan(1900);
  expect(low).toBeLessThan(mean);
  expect(high).toBeGreaterThan(mean);
  expect(high).toBeLessThan(2600);
  expect(bootstrapMean(values, 7)).toEqual({ mean, low, high, values });
  expect(Math.abs(bootstrapMean(values, 8).low - low)).toBeLessThan(50);
});

test('values that spread more have a wider interval', () => {
  const width = (values: readonly number[]): number => {
    const { low, high } = bootstrapMean(values, 1);
    return high - low;
  };
  expect(width([10, 20, 30, 40, 50])).toBeGreaterThan(5 * width([29, 30, 30, 30, 31]));
  expect(width([5, 5, 5])).toBe(0);
});

test('of fewer than five values it is the range', () => {
  expect(bootstrapMean([30, 10, 20], 1)).toMatchObject({ mean: 20, low: 10, high: 30 });
});

test('one value is its own interval, and none is zero', () => {
  expect(bootstrapMean([42], 1)).toMatchObject({ mean: 42, low: 42, high: 42 });
  expect(bootstrapMean([], 1)).toMatchObject({ mean: 0, low: 0, high: 0, values: [] });
});
