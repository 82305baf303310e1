import { describe, expect, test } from 'vitest';

import { blameExceptions, faultOfLoss, faultsAt } from './fault-blame.ts';
import type { LedgerException } from './summary.ts';
import { killWindow } from './testing/failover-run.ts';

/** ws-2 20–25 s, api-1 22–27 s, Redis 50–55 s. */
const windows = [
  killWindow(20_000),
  killWindow(22_000, { node: 'api-1' }),
  killWindow(50_000, { node: 'redis', kind: 'power-loss' }),
];

describe('a moment belongs to', () => {
  test.each<readonly [string, number, readonly number[]]>([
    ['none before the first', 19_999, []],
    ['the one that is there', 20_000, [0]],
    ['all that are there', 23_000, [0, 1]],
    ['the one that still is', 26_000, [1]],
    ['the one that ended last', 30_000, [1]],
    ['it for ten seconds', 37_000, [1]],
    ['none after that', 37_001, []],
  ])('%s', (_, ms, indices) => {
    expect(faultsAt(windows, ms)).toEqual(indices);
  });
});

describe('a loss is put down to', () => {
  test.each<readonly [string, number, boolean, number | undefined]>([
    ['the store that forgot it later', 5000, true, 2],
    ['nothing, where only a member missed it', 5000, false, undefined],
    ['the fault of its moment', 21_000, false, 0],
    ['no store that failed before it was acked', 56_000, true, 2],
    ['nothing, long after', 90_000, true, undefined],
  ])('%s', (_, ms, unstored, index) => {
    expect(faultOfLoss(windows, ms, unstored)).toBe(index);
  });
});

test('exceptions carry the fault of their time, and none where there was none', () => {
  const exception: LedgerException = {
    ...{ class: 'late', id: '1.0.1', room: 'run-r0', seq: 2, sender: 'u1', recipient: 'u2' },
    ...{ atMs: 21_000, fault: null },
  };
  const blamed = blameExceptions(
    [exception, { ...exception, atMs: 1000 }, { ...exception, class: 'unstored', atMs: 1000 }],
    windows,
    [],
  );
  expect(blamed.map((one) => one.fault)).toEqual(['kill@ws-2', null, 'power-loss@redis']);
});

test('a lost message is listed under the fault that it is counted to', () => {
  const exception: LedgerException = {
    ...{ class: 'lost', id: '1.0.1', room: 'run-r0', seq: 2, sender: 'u1', recipient: 'u2' },
    // Due before the fault, and acked in it.
    ...{ atMs: 19_500, fault: null },
  };
  const losses = [{ id: '1.0.1', atMs: 21_000, unstored: false }];
  expect(faultOfLoss(windows, 21_000, false)).toBe(0);
  expect(blameExceptions([exception], windows, losses)[0]?.fault).toBe('kill@ws-2');
  expect(blameExceptions([exception], windows, [])[0]?.fault).toBeNull();
  const late = { ...exception, class: 'late' } as const;
  expect(blameExceptions([late], windows, losses)[0]?.fault).toBeNull();
});
