import { expect, test } from 'vitest';

import { restartDecision } from './restart-decision.ts';

const always = { policy: 'always', delayMs: 100, maxRetries: 8 } as const;
const died = { endedWell: false, healthyMs: 0, inARow: 0 };

test.each([
  { inARow: 0, delayMs: 100 },
  { inARow: 1, delayMs: 200 },
  { inARow: 4, delayMs: 1600 },
  { inARow: 5, delayMs: 3000 },
  { inARow: 7, delayMs: 3000 },
])('after $inARow in a row it waits $delayMs ms', ({ inARow, delayMs }) => {
  expect(restartDecision(always, { ...died, inARow })).toEqual({
    kind: 'restart',
    delayMs,
    inARow: inARow + 1,
  });
});

test('a minute of health starts the count again', () => {
  const seen = { ...died, inARow: 8 };
  expect(restartDecision(always, { ...seen, healthyMs: 60_000 })).toMatchObject({ inARow: 1 });
  expect(restartDecision(always, { ...seen, healthyMs: 59_999 })).toEqual({
    kind: 'stay-down',
    state: 'failed',
    why: 'given up after 8 restarts in a row',
  });
});

test.each([
  { policy: 'no', endedWell: false, kind: 'stay-down', state: 'failed' },
  { policy: 'no', endedWell: true, kind: 'stay-down', state: 'stopped' },
  { policy: 'on-failure', endedWell: true, kind: 'stay-down', state: 'stopped' },
  { policy: 'on-failure', endedWell: false, kind: 'restart' },
  { policy: 'always', endedWell: true, kind: 'restart' },
] as const)(
  'policy $policy, ended well: $endedWell → $kind',
  ({ policy, endedWell, ...expected }) => {
    expect(restartDecision({ ...always, policy }, { ...died, endedWell })).toMatchObject(expected);
  },
);
