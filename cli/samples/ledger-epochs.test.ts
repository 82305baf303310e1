/** What is nobody's when a room is counted anew: of before one came, and of after one left. */
import { describe, expect, test } from 'vitest';

import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import type { LossFacts } from './ledger.ts';
import { ledgerOf } from './testing/ledger-of.ts';
import {
  got,
  joined,
  left,
  letOut,
  refetched,
  resumed,
  sec,
  testPairs,
  thrownOff,
} from './testing/ledger-script.ts';

/** A user is told that its node shows the room above `head` of a new epoch. */
const renumbered = (user: number, at: number, head: number) => ({
  kind: recordKind.renumbered,
  user,
  value: head,
  atUs: sec(at),
});
/** Message n, acked under a seq of its own, 1 ms after it left or at `ackedAt`. */
const acked = (n: number, at: number, seq: number, ackedAt = at + 0.001) => [
  { kind: recordKind.sent, n, atUs: sec(at) },
  { kind: recordKind.acked, n, value: seq, atUs: sec(ackedAt) },
];
/** Messages from n on, a second apart from `at` on, under the seqs from `seq` on, and who gets them. */
const row = (
  size: number,
  first: { readonly n: number; readonly at: number; readonly seq: number },
  recipients: readonly number[] = [],
) =>
  Array.from({ length: size }, (_, i) => {
    const [n, at, seq] = [first.n + i, first.at + i, first.seq + i];
    return [...acked(n, at, seq), ...recipients.map((user) => got(user, n, at + 0.1, seq))];
  }).flat();

/** User 1 is a member from head 10 to seq 15; then the log is gone. */
const stay = [joined(1, 0, 10), ...row(5, { n: 0, at: 1, seq: 11 }, [1])];
/** Of the log that is begun then. */
const afterwards = row(3, { n: 5, at: 20, seq: 1 });

describe('a pair of who left before its room was counted anew', () => {
  testPairs([
    {
      it: 'is not expected: the message left after its recipient',
      records: [...stay, letOut(1, 8, 15), ...afterwards],
      expected: 5,
      wrong: {},
    },
    {
      it: 'is not expected after a leave that is not exact either',
      records: [...stay, left(1, 8), ...afterwards],
      expected: 5,
      wrong: {},
    },
    {
      it: 'is not expected where the message left before, and was stored only then',
      records: [...stay, ...acked(5, 7.9, 1, 20), letOut(1, 8, 15)],
      expected: 5,
      wrong: {},
    },
    {
      it: 'is owed to one that never came back if it was thrown off, not lost',
      records: [...stay, thrownOff(1, 8), ...afterwards],
      expected: 8,
      wrong: { neverBack: 3 },
    },
  ]);

  test('is nothing that a loss is told of', () => {
    const losses: LossFacts[] = [];
    const empty = { kind: 0, code: 0, user: 0, room: 0, peer: 0, n: 0, value: 0, atUs: 0 };
    const records: HistoryRecord[] = [...stay, letOut(1, 8, 15), ...afterwards].map((part) => ({
      ...empty,
      ...part,
    }));
    ledgerOf({ files: [records], durationMs: 100_000 }, false, (loss) => losses.push(loss));
    expect(losses).toEqual([]);
  });
});

/** User 2 has three messages of the old epoch, and is told of a new one. */
const old = [joined(2, 0), ...row(3, { n: 0, at: 1, seq: 1 }, [2]), renumbered(2, 6, 0)];
/** User 1 asked to join `took` seconds before. */
const askedToJoin = (at: number, took: number, head = 0) => ({
  ...joined(1, at, head),
  n: sec(took),
});

describe('a pair of who came after its room was counted anew', () => {
  testPairs([
    {
      it: 'is not expected of the old epoch, though its seqs are above the head of the join',
      records: [...old, askedToJoin(7, 0.01), ...row(3, { n: 3, at: 8, seq: 1 }, [1, 2])],
      expected: 9,
      wrong: {},
    },
    {
      it: 'is dropped once where the new numbering has one hole',
      records: [
        ...[...old, askedToJoin(7, 0.01), ...row(1, { n: 3, at: 8, seq: 1 }, [1, 2])],
        ...[...row(1, { n: 4, at: 9, seq: 2 }, [2]), ...row(2, { n: 5, at: 10, seq: 3 }, [1, 2])],
      ],
      expected: 11,
      wrong: { dropped: 1, lost: 1 },
    },
    {
      it: 'is owed of what came to be while the join was under way',
      records: [...old, ...row(1, { n: 3, at: 8, seq: 1 }, [2]), askedToJoin(9, 2)],
      expected: 5,
      wrong: { lost: 1 },
    },
    {
      it: 'is expected when it came, however old the message: stored a second time, it is of both',
      records: [...old, askedToJoin(7, 0.01), got(1, 2, 8, 1)],
      expected: 4,
      wrong: {},
    },
    {
      it: 'is not expected where nobody was told: two messages were acked under one seq',
      records: [
        ...[joined(2, 0), ...row(3, { n: 0, at: 1, seq: 1 }, [2]), left(2, 5)],
        ...[askedToJoin(7, 0.01), ...row(3, { n: 3, at: 8, seq: 1 }, [1])],
      ],
      expected: 6,
      wrong: {},
    },
    {
      it: 'is owed above the head of the join in a room that was never counted anew',
      records: [...acked(0, 1, 5), askedToJoin(2, 0.01, 4)],
      expected: 1,
      wrong: { lost: 1 },
    },
  ]);
});

/** Seqs 1, 3 and 4 come to user 1; 2 does not. */
const withHole = [
  ...[joined(1, 0), ...row(1, { n: 0, at: 1, seq: 1 }, [1]), ...acked(1, 2, 2)],
  ...row(2, { n: 2, at: 3, seq: 3 }, [1]),
];

describe('a hole of the old numbering', () => {
  testPairs([
    {
      it: 'is one hole, though the new numbering has come by it again',
      records: [...withHole, renumbered(1, 6, 0), ...row(4, { n: 4, at: 7, seq: 1 }, [1])],
      expected: 8,
      wrong: { dropped: 1, lost: 1 },
    },
    {
      it: 'is one hole, though the new numbering began before its member was told',
      records: [
        ...[...withHole, ...row(2, { n: 4, at: 5, seq: 1 }), renumbered(1, 6.5, 2)],
        ...[4, 5].map((n) => ({ ...refetched(1, n, 6.6), value: n - 3 })),
        ...row(2, { n: 6, at: 7, seq: 3 }, [1]),
      ],
      expected: 8,
      wrong: { dropped: 1, lost: 1, resynced: 2 },
    },
    {
      it: 'is one hole to a member that left before',
      records: [...withHole, letOut(1, 6, 4), ...row(4, { n: 4, at: 7, seq: 1 })],
      expected: 4,
      wrong: { dropped: 1, lost: 1 },
    },
  ]);
});

/** User 1 gets message 1, which is seq 2 of the log, as seq 3. */
const elsewhere = [...acked(1, 4, 2), got(1, 1, 4.1, 3), got(2, 1, 4.1)];
/** Users 1 and 2 have message 0, and user 2 is thrown off. */
const both = [
  ...[joined(1, 0), joined(2, 0), ...row(1, { n: 0, at: 1, seq: 1 }, [1, 2])],
  thrownOff(2, 2),
];

describe('a pair under another seq', () => {
  testPairs([
    {
      it: 'is reordered in a room whose log was only cut off',
      records: [...both, resumed(2, 3, 1, 1), ...elsewhere],
      expected: 4,
      wrong: { reordered: 1 },
    },
    {
      it: 'is reordered in a room of which only the acks were counted anew',
      records: [
        joined(1, 0),
        ...row(1, { n: 0, at: 1, seq: 1 }, [1]),
        ...acked(1, 2, 1),
        got(1, 1, 3, 2),
      ],
      expected: 2,
      wrong: { reordered: 1 },
    },
    {
      it: 'is in order in a room that went back below what a member had',
      records: [...both, resumed(2, 3, 0, 1), ...elsewhere],
      expected: 4,
      wrong: {},
    },
    {
      it: 'is reordered though a frame overtook the head of a member that joined anew elsewhere',
      records: [
        ...[...both, ...acked(1, 2.5, 2), got(2, 1, 2.55), { ...resumed(2, 2.6, 1, 1), n: 1000 }],
        got(1, 1, 4.1, 3),
      ],
      expected: 4,
      wrong: { reordered: 1 },
    },
  ]);
});

describe('a pair missed while its member was away', () => {
  // Without a log every process has an epoch of its own; the numbering goes on.
  const missed = [joined(1, 0), thrownOff(1, 1), ...acked(0, 2, 1)];
  testPairs([
    {
      it: 'is lost to one that joined anew elsewhere and left at once: it refetches nothing',
      records: [...missed, { ...resumed(1, 5, 1), n: 1000 }, left(1, 5.5)],
      expected: 1,
      wrong: { lost: 1 },
    },
    {
      it: 'is not judged while a refetch may be under way, also of one that had to join anew',
      records: [...missed, { ...resumed(1, 5, 1, 1), n: 1000 }, left(1, 5.5)],
      expected: 0,
      wrong: {},
    },
    {
      it: 'of a log begun anew is lost to one that joined it and read nothing again',
      records: [
        ...[joined(1, 0), ...row(2, { n: 0, at: 1, seq: 1 }, [1]), thrownOff(1, 3)],
        ...[...acked(2, 4, 1), renumbered(1, 5, 1), { ...resumed(1, 5, 1, 1), n: 1000 }],
        ...row(1, { n: 3, at: 6, seq: 2 }, [1]),
      ],
      expected: 4,
      wrong: { lost: 1 },
    },
  ]);
});
