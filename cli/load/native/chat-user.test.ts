import { describe, expect, test } from 'vitest';

import { event } from '../../../server/contract.ts';
import { recordKind } from '../../samples/history.ts';
import { fakeRun, type FakeRun } from './testing/fake-desk.ts';
import { cutAndBack, joined, last, quiet, room } from './testing/fake-room.ts';

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
