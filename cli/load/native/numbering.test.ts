import { describe, expect, test } from 'vitest';

import { Absence } from './absence.ts';
import { createMeasures } from './measures.ts';
import { Numbering } from './numbering.ts';

const sec = 1_000_000;

/** What is counted after these broadcasts, as `seq` at second `at`, to a member that is in its room. */
function counted(broadcasts: readonly (readonly [seq: number, at: number])[], untilSec = 10) {
  const { counters } = createMeasures();
  const numbering = new Numbering(counters);
  numbering.raise(10);
  for (const [seq, at] of broadcasts) numbering.note(seq, at * sec, true);
  numbering.check(untilSec * sec);
  const { delivered, repeated, outOfOrder, missing } = counters;
  return { delivered, repeated, outOfOrder, missing };
}

describe('the numbering a member sees', () => {
  test.each([
    ['in order', [11, 12, 13], { delivered: 3, repeated: 0, outOfOrder: 0, missing: 0 }],
    ['with one twice', [11, 12, 12], { delivered: 3, repeated: 1, outOfOrder: 0, missing: 0 }],
    ['with two swapped', [11, 13, 12], { delivered: 3, repeated: 0, outOfOrder: 1, missing: 0 }],
    ['with a hole', [11, 14], { delivered: 2, repeated: 0, outOfOrder: 0, missing: 2 }],
    [
      'with a hole filled twice',
      [11, 13, 12, 12],
      { delivered: 4, repeated: 1, outOfOrder: 1, missing: 0 },
    ],
    // What came before the first broadcast of a connection is the resume's to bring.
    ['from anywhere', [17, 18], { delivered: 2, repeated: 0, outOfOrder: 0, missing: 0 }],
  ] as const)('%s', (_, seqs, wanted) => {
    expect(counted(seqs.map((seq) => [seq, 1]))).toEqual(wanted);
  });

  test('gives a late one two seconds', () => {
    const hole = [
      [11, 1],
      [13, 1],
    ] as const;
    expect(counted(hole, 2.9).missing).toBe(0);
    expect(counted(hole, 3).missing).toBe(1);
    expect(counted([...hole, [12, 2.9]], 10)).toMatchObject({ missing: 0, outOfOrder: 1 });
  });

  test('gives no time to what is missing when the session ends', () => {
    const { counters } = createMeasures();
    const numbering = new Numbering(counters);
    for (const seq of [1, 2, 4]) numbering.note(seq, 1 * sec, true);
    numbering.end();
    expect(counters.missing).toBe(1);
    numbering.end();
    expect(counters.missing).toBe(1);
  });

  test('has no hole where the connection broke or the session is another', () => {
    const { counters } = createMeasures();
    const numbering = new Numbering(counters);
    numbering.note(1, 0, true);
    numbering.breakOff();
    numbering.note(5, 0, true);
    numbering.note(6, 0, true);
    numbering.reset();
    numbering.note(100, 0, true);
    numbering.check(10 * sec);
    expect(counters.missing).toBe(0);
    numbering.note(102, 0, true);
    numbering.check(10 * sec);
    expect(counters.missing).toBe(1);
  });

  test('takes a leap of the numbering for another numbering', () => {
    expect(
      counted([
        [11, 1],
        [5_000_000, 1],
      ]).missing,
    ).toBeLessThanOrEqual(1000);
  });
});

describe('an absence', () => {
  test('lasts from the first loss of the connection to the return', () => {
    const measures = createMeasures();
    const absence = new Absence(measures);
    absence.end(1);
    absence.begin(1 * sec);
    absence.begin(2 * sec);
    absence.end(4 * sec);
    absence.end(5 * sec);
    expect(measures.counters.reconnects).toBe(1);
    expect(measures.histograms.resume.count).toBe(1);
    expect(measures.histograms.resume.quantileMs(1)).toBeCloseTo(3000, -1);
  });

  test('that ended with the session is none', () => {
    const measures = createMeasures();
    const absence = new Absence(measures);
    absence.begin(1);
    absence.reset();
    absence.end(2);
    expect(measures.counters.reconnects).toBe(0);
  });
});
