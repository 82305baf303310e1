import { describe, expect, test } from 'vitest';

import { areaChart, bar, sparkline, stretch } from './sparkline.ts';

describe('sparkline', () => {
  test.each([
    ['rising', [1, 2, 3, 4, 5, 6, 7, 8], 8, '▁▂▃▄▅▆▇█'],
    ['only the last ones', [9, 9, 4, 8], 2, '▄█'],
    ['a gap', [8, null, 8], 3, '█ █'],
    ['something small is still something', [0.001, 100], 2, '▁█'],
    ['nothing at all', [0, 0], 2, '  '],
    ['no values', [], 5, ''],
  ])('%s', (_, values, width, text) => {
    expect(sparkline(values, width, false)).toBe(text);
  });
});

describe('bar', () => {
  test.each([
    [0, '░░░░'],
    [0.5, '██░░'],
    [1, '████'],
    [7, '████'],
    [-1, '░░░░'],
    [Number.NaN, '░░░░'],
    [0.28, '█▏░░'],
  ])('%d', (share, text) => {
    expect(bar(share, 4, false)).toBe(text);
  });

  test('every share takes the whole width, in ASCII too', () => {
    for (let share = 0; share <= 1; share += 0.01) {
      expect(bar(share, 9, false)).toHaveLength(9);
      expect(bar(share, 9, true)).toMatch(/^[#.]{9}$/);
    }
  });
});

describe('areaChart', () => {
  test('fills from the bottom, two values a character, the newest at the right', () => {
    expect(areaChart([4, 8], 2, 2, false)).toEqual([' ⢸', ' ⣿']);
    expect(areaChart([1, 2], 3, 1, true)).toEqual([' .|']);
  });
});

describe('stretch', () => {
  test('fills from the left by how much is still to come, keeping peaks', () => {
    expect(stretch([1, 2], 4, 4)).toEqual([1, 2, null, null]);
    expect(stretch([1, 9, 2, 3], 4, 2)).toEqual([9, 3]);
    expect(stretch([1, 2], 2, 4)).toEqual([1, 1, 2, 2]);
  });
});
