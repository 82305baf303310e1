import { describe, expect, test } from 'vitest';

import { httpResetCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { createServedCount } from './served-count.ts';
import { recordAt } from './testing/record-at.ts';

function served(kind: 'http' | 'chat', records: readonly HistoryRecord[]): number {
  const count = createServedCount(kind, 1000);
  for (const record of records) count.note(record);
  return count.count();
}

describe('what a flood was served in its second', () => {
  test.each([
    { is: 'a 200', code: 2, took: 50, served: 1 },
    { is: 'a redirect', code: 3, took: 50, served: 1 },
    { is: 'an answer after its end', code: 2, took: 600, served: 0 },
    { is: 'a request broken off', code: 0, took: 50, served: 0 },
    { is: 'a 429', code: 4, took: 50, served: 0 },
    { is: 'a 503', code: 5, took: 50, served: 0 },
    { is: 'a reset', code: httpResetCode, took: 50, served: 0 },
  ])('$is counts $served', ({ code, took, served: expected }) => {
    const record = recordAt(recordKind.http, 500, { code, value: took * 1000 });
    expect(served('http', [record])).toBe(expected);
  });

  test('of chat, acks within it, and neither sends nor refusals', () => {
    const records = [
      ...[
        recordAt(recordKind.sent, 100),
        recordAt(recordKind.acked, 110),
        recordAt(recordKind.refused, 120),
      ],
      ...[recordAt(recordKind.acked, 1001), recordAt(recordKind.http, 200, { code: 2 })],
    ];
    expect(served('chat', records)).toBe(1);
  });
});
