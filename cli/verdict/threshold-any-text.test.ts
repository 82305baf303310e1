import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Failure } from '../failure.ts';
import { metrics } from './metrics.ts';
import { parseThreshold, thresholdProblem } from './threshold.ts';

/** Words of the grammar in any order, with some that are not of it. */
const wordish = fc
  .array(
    fc.constantFrom(
      ...metrics.map(({ name }) => name),
      ...['p95', 'p(95)', 'p(', 'max', '<', '>=', '==', '30', '30ms', '%', 'over', '[', 'ws', ']'],
      ...[' ', '__proto__', 'constructor', 'NaN', '1e9', '-1', 'ä', '\n', '9'.repeat(400)],
    ),
    { maxLength: 8 },
  )
  .map((words) => words.join(''));

describe('any text at all', () => {
  test('is a threshold with a finite bound, or a usage failure with a reason', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), wordish), (text) => {
        const problem = thresholdProblem(text);
        if (problem !== undefined) return refusedWith(text, problem);
        const { bound, over } = parseThreshold(text);
        return Number.isFinite(bound) && (over === null || over >= 1);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  test('of a threshold that was read stands for the same threshold', () => {
    const read = parseThreshold('  chat.ack   p(95)<=1_000ms over>=20 ');
    expect(parseThreshold(read.text)).toEqual(read);
  });
});

function refusedWith(text: string, problem: string): boolean {
  try {
    parseThreshold(text);
    return false;
  } catch (error) {
    return error instanceof Failure && error.code === 2 && problem.endsWith(error.why ?? '?');
  }
}
