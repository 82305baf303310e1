/** What a member is owed whose room is counted anew while its connection holds. */
import { describe, expect, test } from 'vitest';

import { recordKind } from './history.ts';
import { recount } from './recount.ts';
import { encodeRecords } from './testing/honest-run.ts';
import {
  got,
  joined,
  ledgerOfRecords,
  letOut,
  message,
  refetched,
  resumed,
  sec,
  testPairs,
} from './testing/ledger-script.ts';
import { wrongs } from './testing/ledger-of.ts';

/** User 1 is told that its node shows the room above `head` of a new epoch. */
const renumbered = (at: number, head: number) => ({
  kind: recordKind.renumbered,
  user: 1,
  value: head,
  atUs: sec(at),
});
/** Message n, acked in the new epoch under a seq of its own. */
const acked = (n: number, at: number, seq: number) => [
  { kind: recordKind.sent, n, atUs: sec(at) },
  { kind: recordKind.acked, n, value: seq, atUs: sec(at) + 1000 },
];
/** Three messages of the old epoch, which user 1 has. */
const before = [0, 1, 2].flatMap((n) => [...message(n, 1 + n), got(1, n, 1.1 + n)]);

describe('a pair of a new epoch', () => {
  testPairs([
    {
      it: 'that its node passed over and the member refetched is delivered',
      records: [
        ...[joined(1, 0), ...before, ...acked(3, 5, 1), renumbered(6, 1)],
        { ...refetched(1, 3, 6.1), value: 1 },
        ...[...acked(4, 7, 2), got(1, 4, 7.1, 2), letOut(1, 8, 2)],
      ],
      expected: 5,
      wrong: { resynced: 1 },
    },
    {
      it: 'that its node passed over and the member did not refetch is lost, even if it leaves at once',
      records: [
        ...[joined(1, 0), ...before, ...acked(3, 5, 1), renumbered(6, 1), letOut(1, 6.1, 1)],
      ],
      expected: 4,
      wrong: { lost: 1 },
    },
    {
      it: 'that was passed over is lost also to one that had joined at a higher head',
      records: [joined(1, 0, 50), ...acked(0, 5, 1), renumbered(6, 1), letOut(1, 8, 1)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'that was passed over is no hole in the numbering before it',
      records: [
        ...[joined(1, 0), ...message(0, 1), got(1, 0, 1.1), ...acked(1, 2, 2), got(1, 1, 2.1)],
        ...[...acked(2, 5, 1), renumbered(6, 1), { ...refetched(1, 2, 6.1), value: 1 }],
        ...[...acked(3, 7, 2), got(1, 3, 7.1, 2)],
      ],
      expected: 4,
      wrong: { resynced: 1 },
    },
    {
      it: 'in flight at an exact leave is not judged, though the old numbering was further',
      records: [
        ...[joined(1, 0), ...before, renumbered(6, 0), ...acked(3, 7, 1), got(1, 3, 7.1, 1)],
        ...[...acked(4, 8, 2), letOut(1, 8.1, 1)],
      ],
      expected: 4,
      wrong: {},
    },
    {
      it: 'passed over after the member was told is dropped and lost',
      records: [
        ...[joined(1, 0), ...before, renumbered(6, 0), ...acked(3, 7, 1)],
        ...[...acked(4, 8, 2), got(1, 4, 8.1, 2), letOut(1, 9, 2)],
      ],
      expected: 5,
      wrong: { dropped: 1, lost: 1 },
    },
    {
      it: 'told of late is late: its recipient was there all the time',
      records: [
        ...[joined(1, 0), ...before, ...acked(3, 5, 1), renumbered(15.1, 1)],
        { ...refetched(1, 3, 15.2), value: 1 },
      ],
      expected: 4,
      wrong: { late: 1, resynced: 1 },
    },
    {
      it: 'stored a second time under the new epoch is a duplicate, in no wrong order',
      records: [
        ...[joined(1, 0), ...message(0, 1), got(1, 0, 1.1)],
        ...[{ kind: recordKind.sent, n: 1, atUs: sec(2) }, got(1, 1, 2.1)],
        ...[renumbered(6, 0), { kind: recordKind.acked, n: 1, value: 1, atUs: sec(6) + 1000 }],
        got(1, 1, 6.1, 1),
      ],
      expected: 2,
      wrong: { duplicated: 1 },
    },
  ]);

  test('left before a join and known before a resync is of the epoch of that join', () => {
    const records = [...message(0, 1), joined(1, 2, 1), renumbered(6, 0)];
    expect(ledgerOfRecords(records)).toMatchObject({ expected: 0, lost: 0 });
  });
});

describe('a pair of the old epoch', () => {
  testPairs([
    {
      it: 'that was acked and had not come when the room was counted anew is lost',
      records: [...[joined(1, 0), ...before, ...acked(3, 4, 4), renumbered(6, 1), letOut(1, 7, 1)]],
      expected: 4,
      wrong: { lost: 1 },
    },
    {
      it: 'passed over before the room was counted anew is dropped and lost',
      records: [
        ...[joined(1, 0), ...message(0, 1), ...message(1, 2), got(1, 1, 2.1)],
        ...[renumbered(6, 0), letOut(1, 7, 0)],
      ],
      expected: 2,
      wrong: { dropped: 1, lost: 1 },
    },
  ]);
});

test('a message that left after a join is the member’s though its seq is below the head then', () => {
  // Nobody told of a new epoch: the log went back all the same.
  const ledger = ledgerOfRecords([joined(1, 0, 50), ...message(0, 1)]);
  expect({ expected: ledger.expected, wrong: wrongs(ledger) }).toEqual({
    expected: 1,
    wrong: { lost: 1 },
  });
});

test('the auditor counts a room counted anew as the ledger does, also after a resume', () => {
  const empty = { kind: 0, code: 0, user: 0, room: 0, peer: 0, n: 0, value: 0, atUs: 0 };
  const records = [
    ...[joined(1, 0, 2), ...before, ...acked(3, 5, 1), ...acked(4, 5.5, 2), renumbered(6, 2)],
    ...[{ ...refetched(1, 3, 6.1), value: 1 }, ...acked(5, 7, 4), got(1, 5, 7.1, 4)],
    ...[
      ...acked(6, 8, 3),
      got(1, 6, 8.1, 3),
      { kind: recordKind.disconnected, user: 1, atUs: sec(9) },
    ],
    ...[resumed(1, 10, 0, 1), renumbered(11, 3), ...acked(7, 12, 4), letOut(1, 13, 4)],
  ].map((part) => ({ ...empty, ...part }));
  const { exceptions: _, ...counts } = ledgerOfRecords(records);
  expect(counts).toMatchObject({ resynced: 1, reordered: 1 });
  const again = recount([encodeRecords(records)], { durationMs: 100_000, partial: false });
  expect(again.ledger).toEqual(counts);
});
