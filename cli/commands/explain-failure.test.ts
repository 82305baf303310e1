import { expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { explainFailure } from './explain-failure.ts';

test('every line of the evidence is set off, also of one that has several', () => {
  const failure = new Failure(exitCode.notReady, 'it did not start', {
    evidence: ['one', 'two\n  three\r\nfour\n'],
    next: 'try again',
  });
  expect(explainFailure(failure)).toBe(
    'rtops: it did not start\n  | one\n  | two\n  |   three\n  | four\n  next: try again\n',
  );
});
