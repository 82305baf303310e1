import { expect, test } from 'vitest';

import { event } from '../../../server/contract.ts';
import { recordKind, type HistoryRecord } from '../../samples/history.ts';
import { readLogs } from './log-reader.ts';

type Asked = { readonly room: string; readonly after: number };

/** Reads rooms 0 and 1 of a server that answers each question for a page so. */
async function read(answer: (asked: Asked) => unknown) {
  const records: HistoryRecord[] = [];
  const asked: Asked[] = [];
  const why = await readLogs({
    runId: 'run',
    rooms: [0, 1],
    history: {
      add: (kind, code, user, room, peer, n, value, atUs) =>
        records.push({ kind, code, user, room, peer, n, value, atUs }),
    },
    clock: { nowUs: () => performance.now() * 1000 },
    withinMs: 1500,
    reader: 20,
    dial: (listener) => {
      queueMicrotask(() => listener.connected());
      return {
        emit: (name, payload, ackId) => {
          if (name !== event.history) return;
          const question = JSON.parse(payload) as Asked;
          asked.push(question);
          queueMicrotask(() => listener.ack(ackId, answer(question)));
        },
        close: () => undefined,
        check: () => undefined,
      };
    },
  });
  const of = (kind: number) => records.filter((record) => record.kind === kind);
  return { why, asked, stored: of(recordKind.stored), done: of(recordKind.readDone) };
}

const page = (from: number, to: number, head: number) => ({
  ok: true,
  head,
  messages: Array.from({ length: to - from + 1 }, (_, i) => ({
    seq: from + i,
    id: `1.0.${from + i}`,
  })),
});

test('every room is read page by page to its head', async () => {
  const { why, stored, done } = await read(({ after }) => page(after + 1, after + 2, 6));
  expect(why).toBeNull();
  expect(stored).toHaveLength(12);
  expect(done.map(({ value }) => value)).toEqual([6, 6]);
});

test.each([
  {
    it: 'that answers with what was read before is not asked on',
    answer: () => page(1, 2, 6),
    why: /answers with what lies below 2 when asked for what lies above.*and 1 more room/,
    asks: 4,
  },
  {
    it: 'with a head and no messages is none',
    answer: () => ({ ok: true, head: 6, messages: [] }),
    why: /keeps no log/,
    asks: 2,
  },
  {
    it: 'that begins above 1 is not whole',
    answer: () => page(3, 6, 6),
    why: /no longer reaches back/,
    asks: 2,
  },
  {
    it: 'that is refused is not read',
    answer: () => ({ ok: false, code: 'BAD_REQUEST' }),
    why: /was refused: BAD_REQUEST/,
    asks: 2,
  },
])('a log $it', async ({ answer, why, asks }) => {
  const seen = await read(answer);
  expect(seen.why).toMatch(why);
  expect(seen.asked).toHaveLength(asks);
  expect(seen.done).toEqual([]);
});

test('a room that nobody made has an empty log', async () => {
  const { why, done } = await read(() => ({ ok: false, code: 'NOT_FOUND' }));
  expect(why).toBeNull();
  expect(done.map(({ value }) => value)).toEqual([0, 0]);
});
