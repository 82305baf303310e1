/** What became of each message, and whether the log has it. */
import { describe, expect, test } from 'vitest';

import { recordKind } from './history.ts';
import { named, wrongs } from './testing/ledger-of.ts';
import { got, joined, ledgerOfRecords, message, sec } from './testing/ledger-script.ts';

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
