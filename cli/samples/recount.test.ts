import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createHistogram } from './histogram.ts';
import { createHistoryReader } from './history-reader.ts';
import { readRecord, recordBytes, httpGivenUpCode, recordKind } from './history.ts';
import { createLedger, historyEndUs } from './ledger.ts';
import type { LedgerSummary } from './summary.ts';
import { recount } from './recount.ts';
import { anyStep } from './testing/any-step.ts';
import { encodeRecords, honestRun } from './testing/honest-run.ts';
import { recordAt } from './testing/record-at.ts';
import type { RunShape, Step } from './testing/honest-run.ts';

type Counts = Omit<LedgerSummary, 'exceptions'>;

function ledgerOf(files: readonly Uint8Array[], durationMs: number, partial: boolean): Counts {
  const ledger = createLedger({ runId: 'run', partial });
  const ends: number[] = [];
  for (const visit of [ledger.note, ledger.account]) {
    for (const file of files) {
      const reader = createHistoryReader();
      reader.read(file, visit);
      if (reader.records > 0) ends.push(reader.lastAtUs);
    }
  }
  const { exceptions: _, ...counts } = ledger.close(historyEndUs(ends, { durationMs, partial }));
  return counts;
}

/** As a file is read: whole records in each piece but the last. */
function inPieces(bytes: Uint8Array): Iterable<Uint8Array> {
  const pieceBytes = 7 * recordBytes;
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
    bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  );
}

const step = anyStep({ user: 8, pauseMs: 15_000 });
const shape = fc.record<RunShape>({
  users: fc.integer({ min: 2, max: 7 }),
  roomSize: fc.integer({ min: 2, max: 4 }),
  workers: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }),
  leaves: fc.constantFrom('margin', 'exact'),
});

describe('the recount', () => {
  test('agrees with the ledger on any honest run', () => {
    fc.assert(
      fc.property(shape, fc.boolean(), (some, partial) => {
        const run = honestRun(some);
        const files = run.files.map(encodeRecords);
        const again = recount(files, { durationMs: run.durationMs, partial });
        expect(again.ledger).toEqual(ledgerOf(files, run.durationMs, partial));
      }),
      { numRuns: 200 },
    );
  });

  // The two share no code: where they agree on histories that make no sense, the rules are whole.
  test('agrees with the ledger on runs with records taken out, doubled, moved and changed', () => {
    const change = fc.record({
      how: fc.constantFrom(
        'remove',
        'double',
        'swap',
        'kind',
        'code',
        'value',
        'took',
        'user',
        'at',
      ),
      where: fc.nat(),
      to: fc.nat(20),
    });
    let wrong = 0;
    fc.assert(
      fc.property(
        shape,
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 400 }),
        (some, changes, partial, recordsAtOnce) => {
          const run = honestRun(some);
          const files = run.files.map((file) => [...file]);
          for (const { how, where, to } of changes) {
            const file = files[where % files.length] ?? [];
            const at = Math.floor(where / files.length) % file.length;
            const record = file[at];
            const next = file[at + 1];
            if (record === undefined) continue;
            if (how === 'remove') file.splice(at, 1);
            else if (how === 'double') file.splice(at + (to % 5), 0, record);
            else if (how === 'kind') file[at] = { ...record, kind: to };
            else if (how === 'code') file[at] = { ...record, code: to % 2 };
            else if (how === 'value') file[at] = { ...record, value: to };
            else if (how === 'took') {
              const isEntry =
                record.kind === recordKind.joined || record.kind === recordKind.resumed;
              const tookUs = Math.min(to * 1_000_000, 0xffffff);
              if (isEntry) file[at] = { ...record, n: tookUs };
            } else if (how === 'user') file[at] = { ...record, user: to % some.users };
            else if (how === 'at') file[at] = { ...record, atUs: record.atUs + to * 1e6 };
            else if (next !== undefined) {
              file[at] = next;
              file[at + 1] = record;
            }
          }
          const bytes = files.map(encodeRecords);
          const seen = ledgerOf(bytes, run.durationMs, partial);
          if (seen.lost + seen.duplicated + seen.reordered + seen.dropped > 0) wrong++;
          const { durationMs } = run;
          const again = recount(bytes.map(inPieces), { durationMs, partial, recordsAtOnce });
          expect(again.ledger).toEqual(seen);
          // However many rooms are counted at a time.
          expect(again).toEqual(recount(bytes, { durationMs, partial }));
        },
      ),
      { numRuns: 1500 },
    );
    expect(wrong).toBeGreaterThan(300);
  });

  test('gives the percentiles of acks and deliveries by nearest rank, from due and from send', () => {
    const empty = { code: 0, peer: 0, room: 0, value: 0, n: 0, user: 0 };
    const records = Array.from({ length: 100 }, (_, n) => {
      const atUs = n * 1_000_000;
      return [
        { ...empty, kind: recordKind.sent, n, value: 300, atUs },
        { ...empty, kind: recordKind.acked, n, value: n + 1, atUs: atUs + (n + 1) * 1000 },
        { ...empty, kind: recordKind.delivered, user: 1, n, value: n + 1, atUs: atUs + 2000 },
      ];
    }).flat();
    const { ops } = recount([encodeRecords(records)], { durationMs: 200_000, partial: false });
    expect(ops['chat.ack']).toEqual({
      count: 100,
      errors: 0,
      latencyMs: { p50: 50, p90: 90, p95: 95, p99: 99, p999: 100, max: 100 },
      serviceMs: { p50: 49.7, p90: 89.7, p95: 94.7, p99: 98.7, p999: 99.7, max: 99.7 },
    });
    expect(ops['chat.delivery']?.latencyMs.max).toBe(2);
    expect(ops['chat.delivery']?.serviceMs.p50).toBe(1.7);
  });

  test('counts what was never answered or never left as errors, with the time it was watched', () => {
    const empty = { code: 0, peer: 0, room: 0, value: 0, n: 0, user: 0, atUs: 0 };
    const { ops, ledger } = recount(
      [
        encodeRecords([
          { ...empty, kind: recordKind.sent, value: 500, atUs: 1_000_000 },
          { ...empty, kind: recordKind.unsent, value: 3_000_000, atUs: 2_000_000 },
          { ...empty, kind: recordKind.indeterminate, atUs: 6_000_000 },
        ]),
      ],
      { durationMs: 7000, partial: false },
    );
    expect(ops['chat.ack']).toMatchObject({
      count: 2,
      errors: 2,
      latencyMs: { p50: 3000, max: 5000 },
      serviceMs: { p50: 4999.5, max: 4999.5 },
    });
    expect(ledger).toMatchObject({ sent: 1, indeterminate: 1 });
  });

  test('takes a wait of two hours for one of an hour, as the histograms of a report do', () => {
    const waitUs = 2 * 3_600_000_000;
    const reported = createHistogram();
    reported.record(waitUs);
    const { ops } = recount(
      [
        encodeRecords([
          recordAt(recordKind.sent, 0),
          recordAt(recordKind.indeterminate, waitUs / 1000),
        ]),
      ],
      { durationMs: waitUs / 1000, partial: false },
    );
    const { max } = reported.latencyMs();
    expect(Math.abs((ops['chat.ack']?.latencyMs.max ?? 0) / max - 1)).toBeLessThan(0.001);
  });

  test('counts connections, joins and answered requests by what their records carry', () => {
    const empty = { code: 0, peer: 0, room: 0, value: 0, n: 0, user: 0, atUs: 5 };
    const { ops, http } = recount(
      [
        encodeRecords([
          { ...empty, kind: recordKind.connected, value: 5000, n: 1000 },
          { ...empty, kind: recordKind.joined, n: 700 },
          { ...empty, kind: recordKind.http, code: 2, value: 9000, n: 2000 },
          { ...empty, kind: recordKind.http, code: 5, value: 8000, n: 2000 },
          { ...empty, kind: recordKind.http, code: 0, value: 99_000, n: 2000 },
          // Waited for in vain: a latency, and an error.
          { ...empty, kind: recordKind.http, code: httpGivenUpCode, value: 12_000, n: 2000 },
          { ...empty, kind: recordKind.connectFailed, code: 1 },
          { ...empty, kind: recordKind.sent },
        ]),
      ],
      { durationMs: 1000, partial: false },
    );
    const seen = Object.entries(ops).map(([name, op]) => [
      name,
      op.count,
      op.errors,
      op.serviceMs.max,
    ]);
    expect(seen).toEqual([
      ['connect', 2, 1, 4],
      ['chat.join', 1, 0, 0.7],
      ['chat.ack', 1, 1, 0],
      ['chat.delivery', 0, 0, 0],
      ['http', 4, 3, 10],
    ]);
    expect(http.givenUp).toBe(1);
  });

  test('a run cut short ends with the latest time of a file, not with its last record', () => {
    const empty = { code: 0, peer: 0, room: 0, value: 0, n: 0, user: 0, atUs: 0 };
    const bytes = encodeRecords([
      { ...empty, kind: recordKind.joined, user: 1 },
      { ...empty, kind: recordKind.sent, atUs: 80_000_000 },
      { ...empty, kind: recordKind.acked, value: 1, atUs: 80_001_000 },
      { ...empty, kind: recordKind.connectFailed, user: 2, atUs: 100_000_000 },
      // It was due long ago.
      { ...empty, kind: recordKind.http, code: httpGivenUpCode, atUs: 85_000_000 },
    ]);
    // Overdue at 90 s, and the worker wrote on until 100 s: user 1 has lost it.
    expect(ledgerOf([bytes], 200_000, true).lost).toBe(1);
    expect(recount([bytes], { durationMs: 200_000, partial: true }).ledger.lost).toBe(1);
  });

  test('names the rooms whose log was not read to its end', () => {
    const run = honestRun({
      ...{ users: 6, roomSize: 2, workers: 2, leaves: 'exact' },
      steps: Array.from({ length: 30 }, (_, i): Step => ({
        ...{ act: 'send', user: i, pauseMs: 10, delayMs: 1 },
      })),
    });
    const options = { durationMs: run.durationMs, partial: false };
    expect(recount(run.files.map(encodeRecords), options).unreadRooms).toBe(0);
    const unread = run.files.map((file) =>
      encodeRecords(file.filter(({ kind, room }) => kind !== recordKind.readDone || room === 1)),
    );
    expect(recount(unread, options).unreadRooms).toBe(2);
  });

  test('counts a wiped log: a loss for each message, however many', () => {
    const empty = { code: 0, peer: 0, room: 0, value: 0, n: 0, user: 0, atUs: 0 };
    const count = 200_000;
    const bytes = encodeRecords([
      ...Array.from({ length: count }, (_, i) => ({
        ...{ ...empty, kind: recordKind.acked, room: i % 100 },
        ...{ n: i, value: 1 + i, atUs: 1000 + i },
      })),
      ...Array.from({ length: 100 }, (_, room) => ({
        ...{ ...empty, kind: recordKind.readDone, room, atUs: 9_000_000 },
      })),
    ]);
    const seen = recount([bytes], { durationMs: 10_000, partial: false });
    expect(seen.ledger).toMatchObject({ acked: count, lost: count });
  });

  test('says how many bytes of an unfinished record a file ends with, and names unknown kinds', () => {
    const whole = encodeRecords([
      { kind: 99, code: 0, peer: 0, room: 0, value: 0, n: 0, user: 0, atUs: 0 },
    ]);
    const cut = new Uint8Array([...whole, 8, 0, 1]);
    const seen = recount([cut], { durationMs: 1000, partial: true });
    expect(seen).toMatchObject({ records: 1, tailBytes: [3], unknownRecords: 1 });
  });
});

describe('the history reader', () => {
  test('gives the same records however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400, size: 'max' }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
        (bytes, cuts) => {
          const whole = Array.from({ length: Math.floor(bytes.length / recordBytes) }, (_, i) =>
            readRecord(bytes, i * recordBytes),
          );
          const reader = createHistoryReader();
          const seen: unknown[] = [];
          for (let at = 0, k = 0; at < bytes.length; k++) {
            const size = cuts[k % cuts.length] ?? 1;
            reader.read(bytes.subarray(at, at + size), (record) => seen.push({ ...record }));
            at += size;
          }
          expect(seen).toEqual(whole);
          expect(reader.records).toBe(whole.length);
          expect(reader.tailBytes).toBe(bytes.length % recordBytes);
        },
      ),
    );
  });
});
