import { expect, test } from 'vitest';

import type { Isolation, WindowSide } from '../samples/window-latency.ts';
import type { Judgement } from '../verdict/judge.ts';
import { withIsolations } from './judge-run.ts';

const side = (p95: number): WindowSide => {
  const ackMs = { p50: 1, p90: 1, p95, p99: p95, p999: p95, max: p95 };
  return { ackMs, acks: 500, httpMs: ackMs, https: 500, httpFailed: 0 };
};
const killed = (p95: number): Isolation => ({
  ...{ cause: 'kill@api-1', other: 'chat', windows: [], flood: null },
  ...{ inside: side(p95), outside: side(4) },
});
const passed: Judgement = { verdict: 'pass', exitCode: 0, thresholds: [], notes: [] };
const late: Judgement = {
  ...{ ...passed, verdict: 'no-data', exitCode: 122 },
  ...{ invalid: 'it was late', unproved: 'the run is not valid: it was late' },
};
const unfelt: Judgement = {
  ...{ ...passed, verdict: 'no-data', exitCode: 122, unproved: 'kill@api-1 did not bite' },
};

test.each([
  { run: 'a run that passed', judged: passed, p95: 5, row: 'pass', exitCode: 0 },
  { run: 'a run that passed', judged: passed, p95: 243, row: 'fail', exitCode: 99 },
  { run: 'an invalid run', judged: late, p95: 5, row: 'no-data', exitCode: 122 },
  { run: 'an invalid run', judged: late, p95: 243, row: 'no-data', exitCode: 122 },
  { run: 'a run that proves nothing', judged: unfelt, p95: 5, row: 'no-data', exitCode: 122 },
  { run: 'a run that proves nothing', judged: unfelt, p95: 243, row: 'fail', exitCode: 99 },
])('p95 $p95 ms during a fault of the API in $run: $row', ({ judged, p95, row, exitCode }) => {
  const again = withIsolations(judged, [], [killed(p95)]);
  expect(again.thresholds).toMatchObject([{ verdict: row }]);
  expect(again.exitCode).toBe(exitCode);
});
