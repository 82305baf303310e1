import { expect, test } from 'vitest';
import { lineBudget } from './line-budget.ts';

test('so many lines a second, and in the next one how many were left out', () => {
  let now = 5000;
  const told: number[] = [];
  const budget = lineBudget(
    3,
    (leftOut) => told.push(leftOut),
    () => now,
  );
  expect([1, 2, 3, 4, 5].map(() => budget.allows())).toEqual([true, true, true, false, false]);
  now = 5999;
  expect(budget.allows()).toBe(false);
  expect(told).toEqual([]);
  now = 6000;
  expect(budget.allows()).toBe(true);
  expect(told).toEqual([3]);
  now = 7000;
  expect(budget.allows()).toBe(true);
  expect(told).toEqual([3]);
});
