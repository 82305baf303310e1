import { describe, expect, test } from 'vitest';

import { httpGivenUpCode, httpResetCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { recordAt } from './testing/record-at.ts';
import { createWindowLatency } from './window-latency.ts';

const within = { fromMs: 0, toMs: 10_000 };
const flooded = { fromMs: 3000, toMs: 6000 };

function send(n: number, dueMs: number, tookMs: number): [HistoryRecord, HistoryRecord] {
  return [
    recordAt(recordKind.sent, dueMs, { user: 1, n }),
    recordAt(recordKind.acked, dueMs + tookMs, { user: 1, n, value: n + 1 }),
  ];
}

function http(dueMs: number, tookMs: number, code = 2): HistoryRecord {
  return recordAt(recordKind.http, dueMs, { code, value: tookMs * 1000 });
}

function latency(records: readonly HistoryRecord[], except = [] as (typeof within)[]) {
  const measured = createWindowLatency({ within, inside: [flooded], except });
  for (const record of records) measured.note(record);
  return measured.close();
}

describe('latency inside and outside of a window', () => {
  test('goes by when a send was due, not by when it was answered', () => {
    const { inside, outside } = latency([
      ...send(0, 1000, 2),
      ...send(1, 2999, 50),
      ...send(2, 4000, 90),
    ]);
    expect(inside).toMatchObject({ acks: 1 });
    expect(inside.ackMs.max).toBeCloseTo(90, 0);
    expect(outside).toMatchObject({ acks: 2 });
    expect(outside.ackMs.max).toBeCloseTo(50, 0);
  });

  test('leaves out what was due outside the steady span or in a window of another cause', () => {
    const records = [...send(0, 7000, 5), ...send(1, 11_000, 5), ...send(2, 9000, 5)];
    expect(latency(records, [{ fromMs: 8000, toMs: 9500 }]).outside.acks).toBe(1);
  });

  test('counts HTTP that was answered apart from what failed', () => {
    const failed = [http(4100, 9000, 5), http(4200, 1, 0), http(1100, 1, 4)];
    const hung = [http(4300, 10_000, httpGivenUpCode), http(4400, 1, httpResetCode)];
    const answered = [http(4000, 20), http(4500, 2, 3), http(1000, 3)];
    const { inside, outside } = latency([...answered, ...failed, ...hung]);
    expect([inside.https, outside.https]).toEqual([2, 1]);
    expect([inside.httpFailed, outside.httpFailed]).toEqual([4, 0]);
    expect(inside.httpMs.max).toBeCloseTo(20, 0);
  });

  test('a send that was refused, never answered or never left has failed when it was due', () => {
    const [never] = send(0, 4000, 1);
    const [asked, answer] = send(1, 4100, 1);
    const unsent = { ...asked, kind: recordKind.unsent, n: 0, atUs: 1_000_000 };
    const { inside, outside } = latency([
      never,
      asked,
      { ...answer, kind: recordKind.refused },
      unsent,
      ...send(2, 4200, 1),
    ]);
    expect([inside.acks, inside.acksFailed]).toEqual([1, 2]);
    expect([outside.acks, outside.acksFailed]).toEqual([0, 1]);
  });
});
