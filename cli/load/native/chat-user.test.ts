import { describe, expect, test } from 'vitest';

import { event, historyLimit } from '../../../server/contract.ts';
import { recordKind } from '../../samples/history.ts';
import { fakeRun, type FakeConnection, type FakeRun } from './testing/fake-desk.ts';

/** A user in its room, whose log is at 10 under epoch e1, on its first connection. */
function joined(run: FakeRun): FakeConnection {
  run.until(0);
  const connection = last(run.connections);
  connection.listener.connected();
  answer(connection, event.join, { ok: true, seq: 10, epoch: 'e1' });
  return connection;
}

/** Thrown off and back again, up to where the server has to say what was missed. */
function cutAndBack(run: FakeRun, ms: number): FakeConnection {
  last(run.connections).listener.closed('cut', 'lost');
  run.until(ms);
  const connection = last(run.connections);
  connection.listener.connected();
  return connection;
}

function last<T>(all: readonly T[]): T {
  const one = all.at(-1);
  if (one === undefined) throw new Error('there is none yet');
  return one;
}

/** Answers the latest question of this name. */
function answer({ asked, listener }: FakeConnection, name: string, reply: unknown): void {
  listener.ack(last(asked.filter((one) => one.name === name)).ackId, reply);
}

function hear({ listener }: FakeConnection, ...seqs: readonly number[]): void {
  for (const seq of seqs) listener.message(seq, 1, 0, seq, 0, 0);
}

function tell({ listener }: FakeConnection, seq: number, epoch: string): void {
  listener.event(event.head, { room, seq, epoch });
}

/** A page of the log, as the answer to who asks for it. */
function page(from: number, to: number, head: number) {
  const messages = Array.from({ length: to - from + 1 }, (_, i) => ({
    seq: from + i,
    id: `1.0.${from + i}`,
  }));
  return { ok: true, head, messages };
}

function valuesOf(run: FakeRun, wanted: number): readonly number[] {
  return run.records.flatMap(({ kind, value }) => (kind === wanted ? [value] : []));
}

const room = 'run-r0';
const quiet = { rate: { kind: 'per-user', perSec: 0 } } as const;

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
    answer(second, event.history, page(2, 3, 3));
    expect(valuesOf(run, recordKind.resynced)).toEqual([1, 2, 3]);
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
});

test.each([
  { it: 'nothing', told: undefined },
  { it: 'null', told: null },
  { it: 'no rooms', told: { epoch: 'e1', rooms: null } },
  { it: 'a room that is no object', told: { epoch: 'e1', rooms: { [room]: 7 } } },
])('a resume answered with $it: the user joins anew', ({ told }) => {
  const run = fakeRun(quiet);
  joined(run);
  const second = cutAndBack(run, 2000);
  second.listener.event(event.resumed, told);
  expect(last(second.asked).name).toBe(event.join);
});

describe('a send that was given up after 10 s', () => {
  const unanswered = () => {
    const run = fakeRun({ rate: { kind: 'per-user', perSec: 0.02 } });
    const connection = joined(run);
    let ms = 0;
    while (run.measures.counters.sent === 0) run.until((ms += 100));
    const { ackId } = last(connection.asked.filter(({ name }) => name === event.send));
    run.until(ms + 10_100);
    expect(run.measures.counters).toMatchObject({ sent: 1, open: 1, acked: 0, refusedSends: 0 });
    return { run, hear: (reply: unknown) => connection.listener.ack(ackId, reply) };
  };
  const ends = (run: FakeRun): readonly number[] => {
    run.user.finish(60_000_000);
    const of: readonly number[] = [recordKind.acked, recordKind.refused, recordKind.indeterminate];
    return run.records.flatMap(({ kind }) => (of.includes(kind) ? [kind] : []));
  };

  test('is indeterminate', () => {
    expect(ends(unanswered().run)).toEqual([recordKind.indeterminate]);
  });

  test('is acked when the ack still comes', () => {
    const { run, hear: answered } = unanswered();
    answered({ ok: true, seq: 11 });
    expect(run.measures.counters).toMatchObject({ open: 0, acked: 1 });
    expect(ends(run)).toEqual([recordKind.acked]);
  });

  test('is refused when a refusal still comes', () => {
    const { run, hear: answered } = unanswered();
    answered({ ok: false, code: 'FORBIDDEN' });
    expect(run.measures.counters).toMatchObject({ open: 0, refusedSends: 1 });
    expect(ends(run)).toEqual([recordKind.refused]);
  });

  test('stays indeterminate when it is told that it may be stored', () => {
    const { run, hear: answered } = unanswered();
    answered({ ok: false, code: 'UNAVAILABLE' });
    expect(ends(run)).toEqual([recordKind.indeterminate]);
  });
});

describe('a refetch', () => {
  const resynced = (run: FakeRun, ms: number, seq: number): FakeConnection => {
    const connection = cutAndBack(run, ms);
    connection.listener.event(event.resumed, {
      epoch: 'e1',
      rooms: { [room]: { seq, resync: true } },
    });
    return connection;
  };
  const asksOf = ({ asked }: FakeConnection): readonly unknown[] =>
    asked.filter(({ name }) => name === event.history).map(({ payload }) => JSON.parse(payload));
  const asking = (after: number) => ({ room, after, limit: historyLimit });

  test('goes on page by page to the head', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = resynced(run, 2000, 14);
    answer(second, event.history, page(11, 12, 14));
    answer(second, event.history, page(13, 14, 14));
    expect(asksOf(second)).toEqual([asking(10), asking(12)]);
    expect(valuesOf(run, recordKind.resynced)).toEqual([11, 12, 13, 14]);
  });

  test('that is answered with what was read before ends there', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = resynced(run, 2000, 14);
    answer(second, event.history, page(11, 12, 14));
    answer(second, event.history, page(11, 12, 14));
    expect(asksOf(second)).toHaveLength(2);
    // It is not whole: the leave that follows says so.
    run.user.goHome(3_000_000);
    answer(second, event.leave, { ok: true, seq: 14, epoch: 'e1' });
    expect(last(run.records.filter(({ kind }) => kind === recordKind.left)).code).toBe(0);
  });

  test('that cannot be had now is asked for again in the time that was said', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = resynced(run, 2000, 14);
    answer(second, event.history, { ok: false, code: 'UNAVAILABLE', retryAfterMs: 300 });
    run.until(2299);
    expect(asksOf(second)).toHaveLength(1);
    run.until(2300);
    expect(asksOf(second)).toEqual([asking(10), asking(10)]);
  });

  test('that is refused for good is not asked for again', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = resynced(run, 2000, 14);
    answer(second, event.history, { ok: false, code: 'FORBIDDEN' });
    run.until(9000);
    expect(asksOf(second)).toHaveLength(1);
  });

  test('that was broken off goes on where it was, also after a resume that needs none', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = resynced(run, 2000, 14);
    answer(second, event.history, page(11, 12, 14));
    hear(second, 15);
    const third = cutAndBack(run, 4000);
    expect(third.resume?.lastSeq).toBe(15);
    third.listener.event(event.resumed, { epoch: 'e1', rooms: { [room]: { seq: 15 } } });
    expect(asksOf(third)).toEqual([asking(12)]);
  });
});
