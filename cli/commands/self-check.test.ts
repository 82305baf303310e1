import { describe, expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import { sampleReport } from '../report/testing/sample-report.ts';
import type { Report } from '../report/report.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { FailoverOptions } from './failover-request.ts';
import { listenForInterrupt } from './interrupt.ts';
import { judgeLies, selfCheck } from './self-check.ts';

const options = {
  ...{ scenario: undefined, stage: [], threshold: [], defaultThresholds: true, set: [], scale: [] },
  ...{ reporter: [], json: false, ladder: false, selfCheck: true },
} satisfies FailoverOptions;

function reportWith(delivered: number): Report {
  const { ledger } = sampleReport();
  return sampleReport({ ledger: { ...ledger, delivered, exceptions: [] } });
}

describe('the honest server', () => {
  test('is cleared when it delivered and nothing was found', () => {
    expect(judgeLies([reportWith(500)])).toMatchObject([{ sabotage: null, right: true }]);
  });

  test('is not cleared when nothing was delivered: there was nothing to find', () => {
    expect(judgeLies([reportWith(0)])).toMatchObject([{ sabotage: null, right: false }]);
  });

  test('is the first; a liar of whom nothing was found is not right', () => {
    expect(judgeLies([reportWith(500), reportWith(500)])).toMatchObject([
      { right: true },
      { sabotage: 'drop', right: false },
    ]);
  });
});

test.each([
  [{ fault: ['kill@redis,at=1s'] }, '--fault'],
  [{ stage: ['1s:10'], users: '5' }, '--users, --stage'],
  [{ flood: 'http=10/s' }, '--flood'],
])('%j is refused, not left out in silence', async (own, named) => {
  const world = testWorld();
  using interrupt = listenForInterrupt(world);
  await expect(selfCheck(world, { ...options, ...own }, interrupt)).rejects.toMatchObject({
    code: exitCode.usage,
    message: `--self-check takes no ${named}`,
  });
});
