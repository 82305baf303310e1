import fc from 'fast-check';
import { expect, test } from 'vitest';

import { compareRecount } from './compare-recount.ts';
import { httpGivenUpCode, httpResetCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { recount } from './recount.ts';
import { anyStep } from './testing/any-step.ts';
import { ledgerOf } from './testing/ledger-of.ts';
import { encodeRecords, honestRun } from './testing/honest-run.ts';
import { recordAt } from './testing/record-at.ts';
import { createWindowLatency } from './window-latency.ts';
import type { Span, Spans } from './window-latency.ts';

/** Metrics of the isolation on which a report of `records` and the history `again` differ. */
function differences(
  records: readonly HistoryRecord[],
  spans: Spans,
  again: readonly HistoryRecord[] = records,
): string[] {
  const latency = createWindowLatency(spans);
  for (const record of records) latency.note(record);
  const checks = compareRecount(
    {
      ...{ ops: {}, cutShort: false, isolations: [latency.close()] },
      ledger: ledgerOf({ files: [records], durationMs: 100_000 }),
    },
    recount([encodeRecords(again)], {
      ...{ durationMs: 100_000, partial: false, isolations: [spans], recordsAtOnce: 50 },
    }),
  ).filter(({ metric }) => metric.startsWith('isolation 1'));
  expect(checks).toHaveLength(32);
  return checks.filter(({ agrees }) => agrees !== 'yes').map(({ metric }) => metric);
}

test('what one pool felt is counted again, and agrees, whatever happens', () => {
  const step = anyStep({ user: 12, pauseMs: 400 });
  const request = fc
    .record({
      atUs: fc.nat(20_000_000),
      code: fc.constantFrom(0, 2, 3, 4, 5, httpResetCode, httpGivenUpCode),
      value: fc.nat(12_000_000),
    })
    .map((some) => recordAt(recordKind.http, 0, some));
  const span: fc.Arbitrary<Span> = fc
    .record({ fromMs: fc.nat(20_000), forMs: fc.nat(9000) })
    .map(({ fromMs, forMs }) => ({ fromMs, toMs: fromMs + forMs }));
  let unanswered = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 40, maxLength: 120 }),
      fc.array(request, { maxLength: 60 }),
      fc.record({ within: span, inside: fc.array(span), except: fc.array(span) }),
      fc.nat(5),
      (steps, requests, spans, left) => {
        const run = honestRun({ users: 12, roomSize: 4, workers: 1, steps, leaves: 'exact' });
        // Of the acks some become refusals, and some never came.
        const records = [...run.files.flat(), ...requests].flatMap((record) => {
          if (record.kind !== recordKind.acked || record.n % 6 > left) return [record];
          unanswered++;
          return record.n % 2 === 0 ? [{ ...record, kind: recordKind.refused }] : [];
        });
        expect(differences(records, spans)).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
  expect(unanswered).toBeGreaterThan(500);
});

test.each<{ it: string; change: Partial<HistoryRecord>; of: number; says: string }>([
  { it: 'an ack that came later', change: { atUs: 4_900_000 }, of: 1, says: 'inside chat.ack max' },
  {
    it: 'a send that was refused',
    change: { kind: recordKind.refused },
    of: 1,
    says: 'inside acksFailed',
  },
  { it: 'a request that failed', change: { code: 5 }, of: 2, says: 'inside httpFailed' },
  { it: 'a request outside', change: { atUs: 1_000_000 }, of: 2, says: 'outside https' },
])('one flipped record disagrees: $it', ({ change, of, says }) => {
  const records: HistoryRecord[] = [
    recordAt(recordKind.sent, 4000),
    recordAt(recordKind.acked, 4010, { value: 1 }),
    recordAt(recordKind.http, 4500, { code: 2, value: 5000 }),
  ];
  const spans = {
    within: { fromMs: 0, toMs: 10_000 },
    inside: [{ fromMs: 3000, toMs: 6000 }],
    except: [],
  };
  expect(differences(records, spans)).toEqual([]);
  const flipped = records.map((record, i) => (i === of ? { ...record, ...change } : record));
  expect(differences(records, spans, flipped)).toContain(`isolation 1 ${says}`);
});
