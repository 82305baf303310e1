/** What a member is owed that leaves, and one that joins again. */
import { describe } from 'vitest';

import {
  got,
  joined,
  left,
  letOut,
  message,
  resumed,
  testPairs,
  thrownOff,
} from './testing/ledger-script.ts';

describe('a pair', () => {
  testPairs([
    {
      it: 'in flight at a leave is neither expected nor wrong',
      records: [joined(1, 0), ...message(0, 1), left(1, 2)],
      expected: 0,
      wrong: {},
    },
    {
      it: 'in flight at a leave that arrives after it is neither expected nor wrong',
      records: [joined(1, 0), ...message(0, 1), left(1, 2), got(1, 0, 2.01)],
      expected: 0,
      wrong: {},
    },
    {
      it: 'acked a full second before the leave is owed',
      records: [joined(1, 0), ...message(0, 1), left(1, 2.001)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'owed at the leave is met by a frame that comes just after it',
      records: [joined(1, 0), ...message(0, 1), left(1, 2.5), got(1, 0, 2.51)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'at the seq of an exact leave is lost if it never came, however fresh',
      records: [joined(1, 0), ...message(0, 1), letOut(1, 1.002, 1)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'below the seq of an exact leave is lost if it never came',
      records: [
        joined(1, 0),
        ...message(0, 1),
        ...message(1, 1),
        got(1, 0, 1.1),
        letOut(1, 1.2, 2),
      ],
      expected: 2,
      wrong: { lost: 1 },
    },
    {
      it: 'up to the seq of an exact leave that all came is delivered',
      records: [
        joined(1, 0),
        ...message(0, 1),
        ...message(1, 1),
        got(1, 0, 3),
        got(1, 1, 4),
        letOut(1, 4.1, 2),
      ],
      expected: 2,
      wrong: {},
    },
    {
      it: 'above the seq of an exact leave is not owed even if acked long before',
      records: [joined(1, 0), ...message(0, 1), ...message(1, 1), got(1, 0, 9), letOut(1, 11, 1)],
      expected: 1,
      wrong: {},
    },
    {
      it: 'above the seq of an exact leave is lost if it was overdue: a deaf node is no excuse',
      records: [joined(1, 0), ...message(0, 1), letOut(1, 11.001, 0)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'above the seq of an exact leave that came all the same is delivered, and those below it owed',
      records: [
        joined(1, 0),
        ...message(0, 1),
        ...message(1, 1),
        got(1, 1, 1.1),
        letOut(1, 1.2, 0),
      ],
      expected: 2,
      wrong: { lost: 1, dropped: 1 },
    },
    {
      it: 'at or below the join head is not owed at an exact leave either',
      records: [...message(0, 1), joined(1, 2, 1), letOut(1, 5, 1)],
      expected: 0,
      wrong: {},
    },
    {
      it: 'above an exact leave is of the next membership if that joined below it',
      records: [
        joined(1, 0),
        letOut(1, 1, 0),
        joined(1, 2, 0),
        ...message(0, 3),
        letOut(1, 3.1, 1),
      ],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'left out by a replay is lost at an exact leave right after it',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(0, 29.9),
        resumed(1, 30, 1),
        letOut(1, 30.1, 1),
      ],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'of before a resync that the whole refetch did not bring is lost at an exact leave',
      records: [
        joined(1, 0),
        thrownOff(1, 1),
        ...message(4, 29.9),
        resumed(1, 30, 0, 1),
        letOut(1, 30.1, 0),
      ],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'owed at an exact leave is lost in a run cut short, too',
      records: [joined(1, 0), ...message(0, 1), letOut(1, 1.1, 1)],
      expected: 1,
      wrong: { lost: 1 },
      partial: true,
    },
    {
      it: 'passed over before a leave is owed however fresh',
      records: [
        joined(1, 0),
        ...message(0, 1),
        ...message(1, 1.01),
        got(1, 1, 1.02),
        left(1, 1.05),
      ],
      expected: 2,
      wrong: { lost: 1, dropped: 1 },
    },
    {
      it: 'of a message sent between a leave and the next join is not expected',
      records: [
        joined(1, 0),
        left(1, 1),
        ...message(0, 2),
        joined(1, 5, 1),
        ...message(1, 6),
        got(1, 1, 6.1),
      ],
      expected: 1,
      wrong: {},
    },
    {
      it: 'missed in a second membership is lost',
      records: [joined(1, 0), left(1, 1), joined(1, 5), ...message(0, 6)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'a meant disconnection ends membership as a leave does',
      records: [joined(1, 0), { ...thrownOff(1, 1), code: 1 }, ...message(0, 5)],
      expected: 0,
      wrong: {},
    },
  ]);
});
