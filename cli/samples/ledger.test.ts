import { describe, expect, test } from 'vitest';

import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import type { LedgerSummary } from './summary.ts';
import { ledgerOf, named, wrongs } from './testing/ledger-of.ts';

/** A script of records in seconds, one file; ends at `endSec`. */
function ledgerOfRecords(
  records: readonly Partial<HistoryRecord>[],
  endSec = 100,
  partial = false,
): LedgerSummary {
  const empty = { kind: 0, code: 0, user: 0, room: 0, peer: 0, n: 0, value: 0, atUs: 0 };
  const full = records.map((part) => ({ ...empty, ...part }));
  return ledgerOf({ files: [full], durationMs: endSec * 1000 }, partial);
}

const sec = (s: number): number => Math.round(s * 1_000_000);
const joined = (user: number, at: number, head = 0) => ({
  kind: recordKind.joined,
  user,
  value: head,
  atUs: sec(at),
});
const left = (user: number, at: number) => ({ kind: recordKind.left, user, atUs: sec(at) });
/** Let out by a server that had sent the room up to `seq`. */
const letOut = (user: number, at: number, seq: number) => ({
  ...left(user, at),
  code: 1,
  value: seq,
});
const thrownOff = (user: number, at: number) => ({
  kind: recordKind.disconnected,
  user,
  atUs: sec(at),
});
const resumed = (user: number, at: number, head: number, code = 0) => ({
  kind: recordKind.resumed,
  user,
  value: head,
  code,
  atUs: sec(at),
});
/** Message n of user 0, due at `at`, acked 1 ms later as seq n + 1. */
const message = (n: number, at: number) => [
  { kind: recordKind.sent, n, atUs: sec(at) },
  { kind: recordKind.acked, n, value: n + 1, atUs: sec(at) + 1000 },
];
const got = (user: number, n: number, at: number, seq = n + 1) => ({
  kind: recordKind.delivered,
  user,
  n,
  value: seq,
  atUs: sec(at),
});
const refetched = (user: number, n: number, at: number) => ({
  ...got(user, n, at),
  kind: recordKind.resynced,
});

describe('a pair', () => {
  const cases: readonly {
    readonly it: string;
    readonly records: readonly Partial<HistoryRecord>[];
    readonly expected: number;
    readonly wrong: Record<string, number>;
    readonly endSec?: number;
    readonly partial?: boolean;
  }[] = [
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
      records: [joined(1, 0, 1), ...message(0, 1)],
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
      records: [joined(1, 0, 1), ...message(0, 1), letOut(1, 5, 1)],
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
  ];
  test.each(cases)('$it', ({ records, expected, wrong, endSec, partial }) => {
    const ledger = ledgerOfRecords(records, endSec, partial);
    expect({ expected: ledger.expected, wrong: wrongs(ledger) }).toEqual({ expected, wrong });
  });
});

describe('a message', () => {
  test('acked and absent from a complete final read is unstored and adds to lost', () => {
    const ledger = ledgerOfRecords([
      joined(1, 0),
      ...message(0, 1),
      got(1, 0, 1.1),
      { kind: recordKind.readDone, value: 0, atUs: sec(50) },
    ]);
    expect(wrongs(ledger)).toEqual({ lost: 1 });
    expect(named(ledger)).toEqual(['unstored 0.0.0 at log']);
  });

  test('not brought to a user of a load worker that ended before is held against nobody', () => {
    const ended = (user: number) => ({ kind: recordKind.workerEnded, user, n: 2, atUs: sec(5) });
    const owedTo1 = [joined(1, 0), ...message(0, 6)];
    expect(wrongs(ledgerOfRecords([...owedTo1, ended(1)]))).toEqual({});
    // The negative control: it was the other worker, or it was overdue by then.
    expect(wrongs(ledgerOfRecords([...owedTo1, ended(0)]))).toEqual({ lost: 1 });
    const overdue = [joined(1, 0), ...message(0, 6), { ...ended(1), atUs: sec(17) }];
    expect(wrongs(ledgerOfRecords(overdue))).toEqual({ lost: 1 });
  });

  // The log of room 0 was asked for at 50 s and read up to seq 5 by 50.2 s.
  const readTo5 = { kind: recordKind.readDone, value: 5, n: 200_000, atUs: sec(50.2) };
  test.each([
    { it: 'after the read began, above its head: no part of it', at: 50.1, n: 5, lost: 0 },
    { it: 'after the read, above its head: no part of it', at: 60, n: 5, lost: 0 },
    { it: 'after the read, at its head: it must be there', at: 60, n: 4, lost: 1 },
    { it: 'before the read, below its head: it must be there', at: 40, n: 2, lost: 1 },
    { it: 'before the read, above its head: the log lost its tail', at: 49.9, n: 5, lost: 1 },
  ])('acked $it', ({ at, n, lost }) => {
    const ledger = ledgerOfRecords([...message(n, at), readTo5]);
    expect(wrongs(ledger)).toEqual(lost === 0 ? {} : { lost });
    expect(named(ledger)).toEqual(lost === 0 ? [] : [`unstored 0.0.${n} at log`]);
  });

  test('acked in a room whose final read is not complete is not judged by it', () => {
    expect(wrongs(ledgerOfRecords([...message(0, 1)]))).toEqual({});
  });

  test('older than what a log keeps need not be in the final read', () => {
    const read = (head: number) =>
      ledgerOfRecords([
        ...message(0, 1),
        { kind: recordKind.readDone, value: head, atUs: sec(50) },
      ]);
    expect(wrongs(read(10_001))).toEqual({});
    expect(wrongs(read(10_000))).toEqual({ lost: 1 });
  });

  test('found in the log under two seqs is duplicated', () => {
    const stored = { kind: recordKind.stored, n: 0, atUs: sec(50) };
    const ledger = ledgerOfRecords([
      ...message(0, 1),
      { ...stored, value: 1 },
      { ...stored, value: 2 },
    ]);
    expect(wrongs(ledger)).toEqual({ duplicated: 1 });
  });

  test('without an ack is recovered when it is stored, indeterminate when it is nowhere', () => {
    const sent = (n: number) => ({ kind: recordKind.sent, n, atUs: sec(1) });
    const unknown = (n: number) => ({ kind: recordKind.indeterminate, n, atUs: sec(12) });
    const ledger = ledgerOfRecords([
      sent(0),
      unknown(0),
      { kind: recordKind.stored, n: 0, value: 1, atUs: sec(50) },
      sent(1),
      unknown(1),
      sent(2),
      { kind: recordKind.refused, n: 2, code: 9, atUs: sec(2) },
      ...message(3, 3),
    ]);
    expect(ledger).toMatchObject({ sent: 4, acked: 1, refused: 1, indeterminate: 1, recovered: 1 });
  });

  test('names its sender, room and seq in the exception, at most 100 a class', () => {
    const records = Array.from({ length: 150 }, (_, n) => message(n, 1 + n / 1000)).flat();
    const ledger = ledgerOfRecords([joined(7, 0), ...records]);
    expect(ledger.lost).toBe(150);
    expect(ledger.exceptions).toHaveLength(100);
    expect(ledger.exceptions[0]).toEqual({
      class: 'lost',
      id: '0.0.0',
      room: 'run-r0',
      seq: 1,
      sender: 'u0',
      recipient: 'u7',
      atMs: 1000,
      fault: null,
    });
  });
});
