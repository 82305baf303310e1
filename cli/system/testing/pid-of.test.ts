import { expect, test } from 'vitest';

import { pidOf } from './pid-of.ts';

test('a test that finds no process fails, and does not signal its own runner', () => {
  expect(pidOf({ pid: process.pid })).toBe(process.pid);
  for (const none of [undefined, {}, { pid: undefined }, { pid: null }, { pid: 0 }, { pid: 1 }]) {
    expect(() => pidOf(none)).toThrow('no process runs there');
  }
});
