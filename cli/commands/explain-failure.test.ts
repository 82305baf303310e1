import { expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { explainFailure, explainThrown } from './explain-failure.ts';

test('every line of the evidence is set off, also of one that has several', () => {
  const failure = new Failure(exitCode.notReady, 'it did not start', {
    evidence: ['one', 'two\n  three\r\nfour\n'],
    next: 'try again',
  });
  expect(explainFailure(failure)).toBe(
    'rtops: it did not start\n  | one\n  | two\n  |   three\n  | four\n  next: try again\n',
  );
});

test('of a failure, and what then went wrong at clearing up, both are told; the first is why', async () => {
  const thrown: unknown = await (async () => {
    await using system = {
      [Symbol.asyncDispose]: () => Promise.reject(new Error('the disk is gone')),
    };
    void system;
    throw new Failure(exitCode.unhealthy, 'nobody answers', { next: 'look' });
  })().catch((error: unknown) => error);
  const { text, code } = explainThrown(thrown);
  expect(code).toBe(exitCode.unhealthy);
  expect(text).toMatch(
    /^rtops: nobody answers\n {2}next: look\nrtops: internal error\..*\n.*the disk is gone/,
  );
});

test('what is no failure is a bug, with its stack', () => {
  const { text, code } = explainThrown(new TypeError('x is not a function'));
  expect(code).toBe(exitCode.internal);
  expect(text).toMatch(/This is a bug.*\nTypeError: x is not a function\n +at /);
});
