/** What a member is owed that was thrown off: back by a replay, by a resync, or never. */
import { describe } from 'vitest';

import { recordKind } from './history.ts';
import {
  got,
  joined,
  left,
  message,
  refetched,
  resumed,
  sec,
  testPairs,
  thrownOff,
} from './testing/ledger-script.ts';

describe('a pair', () => {
  testPairs([
    {
      it: 'missed while away and replayed is delivered',
      records: [joined(1, 0), thrownOff(1, 1), ...message(0, 2), got(1, 0, 30), resumed(1, 30, 1)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'may come up to 10 s after the resume of its recipient',
      records: [joined(1, 0), thrownOff(1, 1), ...message(0, 2), resumed(1, 30, 0), got(1, 0, 40)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'is late 10 s after the resume',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 2),
        resumed(1, 30, 0),
        got(1, 0, 40.001),
      ],
      expected: 1,
      wrong: { late: 1 },
    },
    {
      it: 'missed by one that never came back is neverBack, not lost',
      records: [joined(1, 0), thrownOff(1, 1), ...message(0, 2)],
      expected: 1,
      wrong: { neverBack: 1 },
    },
    {
      it: 'missed by one that gave up while away is neverBack',
      records: [joined(1, 0), thrownOff(1, 1), ...message(0, 2), left(1, 30)],
      expected: 1,
      wrong: { neverBack: 1 },
    },
    {
      it: 'that left late, when its recipient had been thrown off for good, is neverBack',
      records: [
        joined(1, 0),
        thrownOff(1, 11.5),
        { kind: recordKind.sent, n: 0, atUs: sec(1), value: 11_000_000 },
        { kind: recordKind.acked, n: 0, value: 1, atUs: sec(12) },
      ],
      expected: 1,
      wrong: { neverBack: 1 },
    },
    {
      it: 'missed by one whose session ended while away, and that joined afresh, is neverBack',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 2),
        { ...left(1, 5), code: 2 },
        ...message(1, 6),
        joined(1, 30, 2),
        ...message(2, 31),
        got(1, 2, 31.1),
      ],
      expected: 2,
      wrong: { neverBack: 1 },
    },
    {
      it: 'not brought to one that joined afresh is lost all the same',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        { ...left(1, 5), code: 2 },
        joined(1, 30, 0),
        ...message(0, 31),
      ],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'overdue before its recipient went away is lost',
      records: [joined(1, 0), ...message(0, 1), thrownOff(1, 11.5)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'missed while away and refetched after a resync is resynced, not dropped',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 2),
        ...message(1, 3),
        resumed(1, 4, 2, 1),
        refetched(1, 0, 4.1),
        refetched(1, 1, 4.1),
        ...message(2, 5),
        got(1, 2, 5.1),
      ],
      expected: 3,
      wrong: { resynced: 2 },
    },
    {
      it: 'of a new epoch below the join head is expected after the resync',
      records: [
        joined(1, 0, 50),
        thrownOff(1, 1),
        resumed(1, 2, 0, 1),
        ...message(0, 3),
        ...message(1, 4),
        got(1, 0, 3.1),
      ],
      expected: 2,
      wrong: { lost: 1 },
    },
    {
      it: 'left out by a replay is lost; the connection it was missed on had broken, so not dropped',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 2),
        ...message(1, 2),
        got(1, 1, 3),
        resumed(1, 3, 2),
        ...message(2, 4),
        got(1, 2, 4.1),
      ],
      expected: 3,
      wrong: { lost: 1 },
    },
    {
      it: 'left out by a replay is lost even when its recipient leaves at once',
      records: [joined(1, 0), thrownOff(1, 1), ...message(0, 2), resumed(1, 30, 1), left(1, 30.1)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'not refetched by one that leaves within a second of a resync is not judged',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 2),
        resumed(1, 30, 1, 1),
        left(1, 30.1),
      ],
      expected: 0,
      wrong: {},
    },
    {
      it: 'missed by one that joined again without leaving is lost',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 2),
        joined(1, 3, 1),
        ...message(1, 4),
        got(1, 1, 4.1),
      ],
      expected: 2,
      wrong: { lost: 1 },
    },
  ]);
});
