/** What arrives and what does not; on time and late; twice and out of order. */
import { describe } from 'vitest';

import { recordKind } from './history.ts';
import {
  got,
  joined,
  left,
  message,
  resumed,
  sec,
  testPairs,
  thrownOff,
} from './testing/ledger-script.ts';

describe('a pair', () => {
  testPairs([
    {
      it: 'that arrives is delivered',
      records: [joined(1, 0), ...message(0, 1), got(1, 0, 1.1)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'that never arrives is lost',
      records: [joined(1, 0), ...message(0, 1)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'of a message at or below the join head is not expected',
      records: [...message(0, 1), joined(1, 2, 1)],
      expected: 0,
      wrong: {},
    },
    {
      it: 'of a message that was never acked and arrived nowhere is not expected',
      records: [joined(1, 0), { kind: recordKind.sent, n: 0, atUs: sec(1) }],
      expected: 0,
      wrong: { indeterminate: 1 },
    },
    {
      it: 'of a message never acked is expected once it arrived anywhere',
      records: [
        joined(1, 0),
        joined(2, 0),
        { kind: recordKind.sent, n: 0, atUs: sec(1) },
        got(1, 0, 1.1),
      ],
      expected: 2,
      wrong: { lost: 1, recovered: 1 },
    },
    {
      it: 'may arrive before the ack of the join',
      records: [...message(0, 1), got(1, 0, 1.1), joined(1, 1.2)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'that arrives 10 s after due is delivered',
      records: [joined(1, 0), ...message(0, 1), got(1, 0, 11)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'that arrives after the deadline is late',
      records: [joined(1, 0), ...message(0, 1), got(1, 0, 11.001)],
      expected: 1,
      wrong: { late: 1 },
    },
    {
      it: 'replayed although it had arrived is duplicated',
      records: [
        joined(1, 0),
        ...message(0, 1),
        got(1, 0, 1.1),
        thrownOff(1, 2),
        got(1, 0, 3),
        resumed(1, 3, 1),
      ],
      expected: 1,
      wrong: { duplicated: 1 },
    },
    {
      it: 'stored twice and delivered under both seqs is duplicated',
      records: [joined(1, 0), ...message(0, 1), got(1, 0, 1.1), got(1, 0, 1.2, 2)],
      expected: 1,
      wrong: { duplicated: 1 },
    },
    {
      it: 'that comes after a newer one is reordered once, and not dropped',
      records: [
        joined(1, 0),
        ...message(0, 1),
        ...message(1, 1),
        ...message(2, 1),
        got(1, 2, 1.1),
        got(1, 0, 1.2),
        got(1, 1, 1.3),
      ],
      expected: 3,
      wrong: { reordered: 2 },
    },
    {
      it: 'passed over on a connection and healed by the next one is dropped',
      records: [
        joined(1, 0),
        ...message(0, 1),
        ...message(1, 1),
        got(1, 1, 1.1),
        thrownOff(1, 2),
        got(1, 0, 3),
        resumed(1, 3, 2),
      ],
      expected: 2,
      wrong: { dropped: 1 },
    },
    {
      it: 'not yet overdue when the run was cut short is not judged',
      records: [joined(1, 0), ...message(0, 95)],
      expected: 0,
      wrong: {},
      partial: true,
    },
    {
      it: 'overdue when the run was cut short is lost',
      records: [joined(1, 0), ...message(0, 80), left(1, 100)],
      expected: 1,
      wrong: { lost: 1 },
      partial: true,
    },
    {
      it: 'acked in the last second of the history is not judged',
      records: [joined(1, 0), ...message(0, 99.5)],
      expected: 0,
      wrong: {},
    },
  ]);
});
