import { describe, expect, test } from 'vitest';

import type { Scenario } from '../../scenario/scenario.ts';
import { unsentText } from '../driver.ts';
import { noCounts, type Counters } from './measures.ts';
import { Tally } from './tally.ts';
import { smallScenario } from './testing/small-scenario.ts';
import type { WorkerHealth } from './worker-health.ts';
import type { WorkerSecond } from './worker-messages.ts';

const tenFor4Sec: Partial<Scenario> = {
  stages: [
    { durationMs: 1000, target: 10 },
    { durationMs: 3000, target: 10 },
  ],
};

/** A worker's report of a second. */
function report(
  second: number,
  counters: Partial<Counters> = {},
  health: Partial<WorkerHealth> = {},
  problems: WorkerSecond['problems'] = {},
): WorkerSecond {
  return {
    kind: 'second',
    second,
    counters: { ...noCounts(), attempted: 10, holdSends: 1000, ...counters },
    histograms: {},
    problems,
    health: {
      ...{ cpuUs: 0, rssBytes: 0, lagP99Ms: 0, lagMaxMs: 0, recentLagMs: 0, runQueueWaitUs: 0 },
      ...health,
    },
  };
}

describe('whether the generator was saturated', () => {
  const waited = (...perSecond: readonly number[]): readonly WorkerSecond[] =>
    perSecond.map((runQueueWaitUs, i) => report(i + 1, {}, { runQueueWaitUs }));

  test.each([
    { it: 'all was well', reports: waited(0, 0, 0, 0), saturated: false },
    {
      it: 'one send of a hundred was late',
      reports: [report(4, { lateSends: 10 })],
      saturated: false,
    },
    { it: 'more than that were late', reports: [report(4, { lateSends: 11 })], saturated: true },
    {
      it: 'it stood in the run queue half of the hold',
      reports: waited(0, 500_000, 1_000_000, 1_500_000),
      saturated: false,
    },
    {
      it: 'it stood there longer than that',
      reports: waited(0, 600_000, 1_200_000, 1_800_000),
      saturated: true,
    },
    {
      it: 'it stood there before the hold',
      reports: waited(900_000, 900_000, 900_000, 900_000),
      saturated: false,
    },
    {
      it: 'a planned user was never tried',
      reports: [report(4, { attempted: 9 })],
      saturated: true,
    },
  ])('$it: $saturated', ({ reports, saturated }) => {
    const tally = new Tally(smallScenario(tenFor4Sec), 1);
    for (const one of reports) tally.note(0, one);
    expect(tally.generator(4000, true).saturated).toBe(saturated);
  });

  test('users that a stop or a dead worker kept from coming are not held against it', () => {
    const tally = new Tally(smallScenario(tenFor4Sec), 1);
    tally.note(0, report(4, { attempted: 9 }));
    expect(tally.generator(4000, false).saturated).toBe(false);
    tally.endedEarly('load worker 0 ended (SIGKILL)');
    expect(tally.generator(4000, true).saturated).toBe(false);
  });
});

test('problems that differ each time do not pile up, and none is left out of the count', () => {
  const tally = new Tally(smallScenario(tenFor4Sec), 1);
  for (let second = 1; second <= 20; second += 1) {
    const problems = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`refused: request ${second}-${i}`, 1]),
    );
    tally.note(0, report(second, {}, {}, { ...problems, [unsentText]: 2 }));
  }
  tally.problem('load worker 0 died');
  const texts = tally.errorTexts();
  expect(Object.keys(texts).length).toBeLessThan(210);
  expect(Object.values(texts).reduce((sum, count) => sum + count, 0)).toBe(2041);
  expect(texts[unsentText]).toBe(40);
  expect(texts['load worker 0 died']).toBe(1);
});
