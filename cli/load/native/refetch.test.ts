import { describe, expect, test } from 'vitest';

import { event, historyLimit } from '../../../server/contract.ts';
import { recordKind } from '../../samples/history.ts';
import { fakeRun, type FakeConnection, type FakeRun } from './testing/fake-desk.ts';
import {
  answer,
  cutAndBack,
  hear,
  joined,
  last,
  page,
  quiet,
  resumed,
  tell,
  room,
  valuesOf,
} from './testing/fake-room.ts';

describe('a refetch', () => {
  const resynced = (run: FakeRun, ms: number, seq: number): FakeConnection => {
    const connection = cutAndBack(run, ms);
    resumed(connection, { epoch: 'e1', seq, resync: true });
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
    resumed(third, { epoch: 'e1', seq: 15 });
    expect(asksOf(third)).toEqual([asking(12)]);
  });

  test('that was broken off leaves out what the replay brought', () => {
    const run = fakeRun(quiet);
    const connection = joined(run);
    tell(connection, 2, 'e2');
    const second = cutAndBack(run, 2000);
    expect(second.resume?.lastSeq).toBe(0);
    hear(second, 1, 2, 3);
    resumed(second, { epoch: 'e2', seq: 3 });
    expect(asksOf(second)).toEqual([]);
    expect(run.user.hasSeen(3)).toBe(true);
  });

  test('begins where the member had got to, whatever came to it before it was told to refetch', () => {
    const run = fakeRun(quiet);
    joined(run);
    const second = cutAndBack(run, 2000);
    hear(second, 15);
    resumed(second, { epoch: 'e1', seq: 14, resync: true });
    expect(asksOf(second)).toEqual([asking(10)]);
  });

  test.each([
    { it: 'a head below any', asks: 2, pages: [page(0, -1, -1), page(0, -1, -1)] },
    {
      it: 'a head that goes up and down',
      asks: 3,
      pages: [page(0, -1, 0), page(1, 5, 1200), page(0, -1, 0)],
    },
  ])('does not go round in circles: $it', ({ asks, pages }) => {
    const run = fakeRun(quiet);
    hear(joined(run), 1200);
    const second = resynced(run, 2000, 1201);
    for (const one of pages) answer(second, event.history, one);
    expect(asksOf(second)).toHaveLength(asks);
    run.user.goHome(3_000_000);
    answer(second, event.leave, { ok: true, seq: 14, epoch: 'e1' });
    expect(last(run.records.filter(({ kind }) => kind === recordKind.left)).code).toBe(0);
  });
});
