import { expect, test } from 'vitest';

import { errorBudget, outlooks } from '../samples/availability.ts';
import { availabilityLines } from './availability-words.ts';

const availability = {
  fromMs: 6000,
  untilMs: 80_000,
  ops: 0.999998,
  slots: 0.9702,
  clients: 1,
  budget: errorBudget(0.552),
  outlooks: outlooks(2100),
};

test('the three ways, the budgets and the outlook are told with what they assume', () => {
  const lines = availabilityLines(availability);
  expect(lines[0]).toBe(
    'Over 1m 14s, from the steady state on: 99.9998% of messages acked, 97.02% of the 100 ms slots good, 100% of the client time served.',
  );
  expect(lines).toContain(
    'A month at 99.9% has room for 4,695 of these (one uses 0.021% of its budget).',
  );
  expect(lines).toContain(
    'Seed 001, phase 3: microservices: goal 99.9%. One failure in 30 days and 2 min to repair it make 99.9953%; with the recovery measured here 99.9999%.',
  );
  expect(lines.at(-1)).toContain('an assumption, not a measurement');
});

test.each([
  {
    downSec: 0.552,
    share: 0.29,
    says: ['29% of messages', 'room for 4,695 of these (one uses 0.021%'],
  },
  { downSec: 8142, share: 1, says: ['room for 0.3 of these (one uses 314.12% of its budget)'] },
  {
    downSec: 70_000,
    share: 1,
    says: ['room for 0.04 of these (one uses 2,700.61% of its budget)'],
  },
])('$downSec s down: digits that mean something', ({ downSec, share, says }) => {
  const text = availabilityLines({ ...availability, ops: share, budget: errorBudget(downSec) });
  for (const one of says) expect(text.join('\n')).toContain(one);
});

test('without a recovery nothing is made of it, and what is not whole is never shown as 100', () => {
  const lines = availabilityLines({
    ...{ ...availability, ops: 0.99999999, slots: 1, clients: 0 },
    ...{ budget: errorBudget(0), outlooks: outlooks(null) },
  });
  expect(lines[0]).toContain('99.9999% of messages acked, 100% of the 100 ms slots good, 0% of');
  expect(lines.join('\n')).toContain('nothing was used');
  expect(lines.join('\n')).not.toContain('measured here');
});
