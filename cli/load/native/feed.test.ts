import { describe, expect, test } from 'vitest';

import { event } from '../../../server/contract.ts';
import { recordKind } from '../../samples/history.ts';
import { fakeRun, type FakeRun } from './testing/fake-desk.ts';
import {
  answer,
  cutAndBack,
  hear,
  joined,
  last,
  page,
  quiet,
  resumed,
  room,
  tell,
  valuesOf,
} from './testing/fake-room.ts';

describe('a room that is counted anew', () => {
  test('after a resume under another epoch: it asks for all, and goes on from what it then has', () => {
    const run = fakeRun(quiet);
    hear(joined(run), 11, 12, 13);
    const second = cutAndBack(run, 2000);
    expect(second.resume).toEqual({ epoch: 'e1', room, lastSeq: 13 });
    second.listener.event(event.resumed, {
      epoch: 'e2',
      rooms: { [room]: { seq: 1, resync: true } },
    });
    expect(last(second.asked).payload).toContain('"after":0');
    answer(second, event.history, { ok: true, head: 1, messages: [{ seq: 1, id: '1.0.50' }] });
    hear(second, 2, 3);
    expect(cutAndBack(run, 4000).resume).toEqual({ epoch: 'e2', room, lastSeq: 3 });
    expect(run.measures.counters).toMatchObject({ repeated: 0, missing: 0 });
  });

  test('on an unbroken connection: it asks for what its node passed over, and goes on under that epoch', () => {
    const run = fakeRun(quiet);
    const connection = joined(run);
    hear(connection, 11, 12, 13);
    tell(connection, 2, 'e2');
    expect(JSON.parse(last(connection.asked).payload)).toMatchObject({ after: 0 });
    hear(connection, 3);
    answer(connection, event.history, page(1, 4, 4));
    hear(connection, 4);
    expect(valuesOf(run, recordKind.renumbered)).toEqual([2]);
    // The third and the fourth come live: to write them down twice would make the server repeat them.
    expect(valuesOf(run, recordKind.resynced)).toEqual([1, 2]);
    expect(run.measures.counters).toMatchObject({ repeated: 0, missing: 0 });
    expect(cutAndBack(run, 2000).resume).toEqual({ epoch: 'e2', room, lastSeq: 4 });
  });

  test.each(['stock', 'retry'] as const)(
    'on an unbroken connection of a %s client: it asks for nothing, and leaves at a seq of that epoch',
    (client) => {
      const run = fakeRun({ ...quiet, client });
      const connection = joined(run);
      hear(connection, 11, 12, 13);
      tell(connection, 2, 'e2');
      hear(connection, 3);
      expect(connection.asked.map(({ name }) => name)).toEqual([event.join]);
      expect(run.measures.counters.repeated).toBe(0);
      run.user.goHome(3_000_000);
      answer(connection, event.leave, { ok: true, seq: 3, epoch: 'e2' });
      expect(valuesOf(run, recordKind.renumbered)).toEqual([2]);
      expect(valuesOf(run, recordKind.left)).toEqual([3]);
    },
  );

  test('near its head when it has gone far: what is older is not fetched, as with the resume client', () => {
    const run = fakeRun(quiet);
    const connection = joined(run);
    tell(connection, 5000, 'e2');
    expect(JSON.parse(last(connection.asked).payload)).toMatchObject({ after: 4000 });
  });

  test('twice: the answer to what was asked in between is of no use', () => {
    const run = fakeRun(quiet);
    const connection = joined(run);
    tell(connection, 2, 'e2');
    const inBetween = last(connection.asked);
    tell(connection, 1, 'e3');
    connection.listener.ack(inBetween.ackId, page(1, 2, 2));
    expect(valuesOf(run, recordKind.resynced)).toEqual([]);
    answer(connection, event.history, page(1, 1, 1));
    expect(valuesOf(run, recordKind.resynced)).toEqual([1]);
    expect(valuesOf(run, recordKind.renumbered)).toEqual([2, 1]);
  });

  test('and a resume that was told so before the room was: the head that follows is asked up to', () => {
    const run = fakeRun(quiet);
    hear(joined(run), 11);
    const second = cutAndBack(run, 2000);
    // The epoch is the log's, the seq is still the room's of before.
    const rooms = { [room]: { seq: 1200, resync: true } };
    second.listener.event(event.resumed, { epoch: 'e2', rooms });
    answer(second, event.history, { ok: true, head: 1, messages: [] });
    expect(JSON.parse(last(second.asked).payload)).toMatchObject({ after: 0 });
    answer(second, event.history, page(1, 1, 1));
    tell(second, 3, 'e2');
    answer(second, event.history, page(2, 4, 4));
    hear(second, 4);
    // The fourth comes live: to write it down too would make the server repeat it.
    expect(valuesOf(run, recordKind.resynced)).toEqual([1, 2, 3]);
    expect(valuesOf(run, recordKind.delivered)).toEqual([11, 4]);
    expect(valuesOf(run, recordKind.renumbered)).toEqual([3]);
    // Later heads are those of a room that fell quiet.
    tell(second, 9, 'e2');
    expect(second.asked).toHaveLength(3);
  });

  test('and a member that has to join again: it is told apart, and refetches', () => {
    const run = fakeRun(quiet);
    hear(joined(run), 11);
    const second = cutAndBack(run, 2000);
    second.listener.event(event.resumed, null);
    answer(second, event.join, { ok: true, seq: 2, epoch: 'e2' });
    const resumes = run.records.filter(({ kind }) => kind === recordKind.resumed);
    expect(resumes.map(({ code, value }) => [code, value])).toEqual([[1, 2]]);
    answer(second, event.history, page(1, 2, 2));
    expect(valuesOf(run, recordKind.resynced)).toEqual([1, 2]);
  });

  test('a head of the same epoch changes nothing: what comes again is a repeat', () => {
    const run = fakeRun(quiet);
    const connection = joined(run);
    hear(connection, 11, 12, 13);
    tell(connection, 13, 'e1');
    hear(connection, 12, 13);
    expect(run.measures.counters.repeated).toBe(2);
  });

  test('and a resume that was told a seq of before: the head comes first, then the page', () => {
    const run = fakeRun(quiet);
    hear(joined(run), 11);
    const second = cutAndBack(run, 2000);
    resumed(second, { epoch: 'e2', seq: 1200, resync: true });
    tell(second, 3, 'e2');
    answer(second, event.history, page(1, 4, 4));
    hear(second, 4);
    expect(valuesOf(run, recordKind.renumbered)).toEqual([3]);
    expect(valuesOf(run, recordKind.resynced)).toEqual([1, 2, 3]);
    expect(cutAndBack(run, 4000).resume).toEqual({ epoch: 'e2', room, lastSeq: 4 });
  });

  test('and a resume that was told a seq of before: near the head of the log, not near that seq', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = cutAndBack(run, 2000);
    resumed(second, { epoch: 'e2', seq: 1200, resync: true });
    answer(second, event.history, page(201, 500, 500));
    answer(second, event.history, page(1, 500, 500));
    expect(valuesOf(run, recordKind.resynced)[0]).toBe(1);
  });

  test('before the resume: a message that its server keeps back stays lost when the room is quiet', () => {
    const run = fakeRun(quiet);
    hear(joined(run), 11);
    const second = cutAndBack(run, 2000);
    resumed(second, { epoch: 'e2', seq: 3, resync: true });
    answer(second, event.history, page(1, 3, 3));
    hear(second, 4);
    tell(second, 5, 'e2');
    expect(valuesOf(run, recordKind.renumbered)).toEqual([]);
    expect(second.asked).toHaveLength(1);
  });

  test('the end of the run waits for what is still being read', () => {
    const run = fakeRun(quiet);
    const connection = joined(run);
    tell(connection, 2, 'e2');
    expect(run.user.hasSeen(2)).toBe(false);
    answer(connection, event.history, page(1, 2, 2));
    expect(run.user.hasSeen(2)).toBe(true);
  });
});

describe.each(['stock', 'retry'] as const)(
  'a %s client that joins under another epoch',
  (client) => {
    const backAt = (seq: number, others: (run: FakeRun) => void): FakeRun => {
      const run = fakeRun({ ...quiet, client });
      hear(joined(run), 11, 12, 13);
      others(run);
      const second = cutAndBack(run, 2000);
      // What was said after the join may overtake its answer, and others may be acked it.
      hear(second, seq + 1);
      run.noteHead(seq + 2);
      answer(second, event.join, { ok: true, seq, epoch: 'e2' });
      expect(second.asked.map(({ name }) => name)).toEqual([event.join]);
      return run;
    };
    const resumes: readonly number[] = [recordKind.resumed, recordKind.renumbered];
    const resumesOf = ({ records }: FakeRun): readonly unknown[] =>
      records
        .filter(({ kind }) => resumes.includes(kind))
        .map(({ kind, code, value }) => [kind, code, value]);

    test('is in a room that goes on, where each process has an epoch of its own', () => {
      const run = backAt(20, ({ noteHead }) => noteHead(20));
      expect(resumesOf(run)).toEqual([[recordKind.resumed, 0, 20]]);
      expect(run.user.hasSeen(22)).toBe(false);
    });

    test.each([
      { it: 'that lies below what it had seen', seq: 2, others: () => undefined },
      {
        it: 'that lies below what others of its room had reached',
        seq: 20,
        others: ({ noteHead }: FakeRun) => noteHead(40),
      },
      {
        it: 'that has gone beyond all that was known, as others were told before',
        seq: 20,
        others: ({ noteAnew }: FakeRun) => noteAnew('e2'),
      },
    ])('is in one counted anew $it', ({ seq, others }) => {
      expect(resumesOf(backAt(seq, others))).toEqual([
        [recordKind.resumed, 1, seq],
        [recordKind.renumbered, 0, seq],
      ]);
    });
  },
);
