import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compareRecount } from './compare-recount.ts';
import type { FigureCheck } from './compare-recount.ts';
import { createFaultImpact } from './fault-impact.ts';
import type { FaultWindow } from './fault-window.ts';
import { httpResetCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { createLedger, historyEndUs } from './ledger.ts';
import type { LossFacts } from './ledger.ts';
import { recount } from './recount.ts';
import { anyStep } from './testing/any-step.ts';
import { failoverRun, killWindow } from './testing/failover-run.ts';
import { encodeRecords, honestRun } from './testing/honest-run.ts';
import { recordAt } from './testing/record-at.ts';

const stages = [
  { durationMs: 5000, target: 100 },
  { durationMs: 35_000, target: 100 },
] as const;

type Run = {
  readonly records: readonly HistoryRecord[];
  readonly windows: readonly FaultWindow[];
  readonly durationMs: number;
};

/** The figures of the faults, reported from `run` and counted again from `history`. */
function checks(run: Run, history: readonly HistoryRecord[] = run.records): FigureCheck[] {
  const { records, windows, durationMs } = run;
  const losses: LossFacts[] = [];
  const options = { runId: 'run', partial: false, onLoss: (loss: LossFacts) => losses.push(loss) };
  const ledger = createLedger(options);
  for (const record of records) ledger.note(record);
  for (const record of records) ledger.account(record);
  const counted = ledger.close(historyEndUs([], { durationMs, partial: false }));
  const impact = createFaultImpact({
    ...{ runId: 'run', durationMs, windows, losses, clients: 100 },
    stages: [
      { untilMs: 5000, target: 100 },
      { untilMs: 40_000, target: 100 },
    ],
  });
  for (const record of records) impact.note(record);
  const { faults, ...ofRun } = impact.close();
  const again = recount([encodeRecords(history)], {
    ...{ durationMs, partial: false, recordsAtOnce: 100 },
    faulted: { durationMs, faults, stages, clients: 100 },
  });
  return compareRecount(
    { ledger: counted, ops: {}, cutShort: false, faults, impact: ofRun },
    again,
  ).filter(({ metric }) => /^(?:fault|baseline|availability)/.test(metric));
}

const wrong = (all: readonly FigureCheck[]): string[] =>
  all.filter(({ agrees }) => agrees !== 'yes').map(({ metric }) => metric);

const shape = {
  ...{ users: 100, onNode: 50, killAtMs: 20_000, endMs: 40_000 },
  backoffMs: (user: number) => (user === 7 ? null : 500 + user * 20),
};

const http = (ms: number, code: number, peer: number): HistoryRecord =>
  recordAt(recordKind.http, ms, { code, peer, value: 900 });

const killed: Run = {
  records: [
    ...failoverRun(shape),
    ...[http(21_000, 2, 1), http(21_100, 0, 1), http(21_200, httpResetCode, 0), http(90, 5, 0)],
  ],
  windows: [killWindow(20_000)],
  durationMs: 45_000,
};

describe('the figures of a fault, counted again', () => {
  test('agree with the report, every one', () => {
    const all = checks(killed);
    expect(wrong(all)).toEqual([]);
    expect(all.length).toBeGreaterThan(45);
    const value = (name: string) =>
      all.find(({ metric }) => metric === `fault 1 kill@ws-2 ${name}`)?.recounted;
    expect(value('affected')).toBe(50);
    expect(value('neverResumed')).toBe(1);
    expect(value('resumeMs p99')).toBeGreaterThan(1400);
    expect(value('downClientSeconds')).toBeGreaterThan(40);
    expect(value('httpRequests')).toBe(3);
    expect(value('httpFreshFailed')).toBe(1);
    expect(value('httpResets')).toBe(1);
  });

  test.each<{
    it: string;
    which: (record: HistoryRecord) => boolean;
    change: Partial<HistoryRecord>;
    in: readonly string[];
  }>([
    {
      it: 'a return that came later',
      which: ({ kind, user }) => kind === recordKind.resumed && user === 49,
      change: { atUs: 25_000_000 },
      in: ['resumeMs max', 'downClientSeconds'],
    },
    {
      it: 'the first return, a little later',
      which: ({ kind, user }) => kind === recordKind.resumed && user === 0,
      change: { atUs: 20_530_000 },
      in: ['firstBackMs'],
    },
    {
      it: 'somebody thrown off who left',
      which: ({ kind }) => kind === recordKind.disconnected,
      change: { code: 1 },
      in: ['affected'],
    },
    {
      it: 'a return that never was',
      which: ({ kind, user }) => kind === recordKind.resumed && user === 3,
      change: { kind: recordKind.stored },
      in: ['neverResumed', 'downClientSeconds'],
    },
    {
      it: 'an ack in the window',
      which: ({ kind, atUs }) => kind === recordKind.acked && atUs > 22_000_000,
      change: { kind: recordKind.refused },
      in: ['acked', 'answeredWithin', 'ackedWithin'],
    },
    {
      it: 'a fresh request that failed and is made a kept one',
      which: ({ kind, code }) => kind === recordKind.http && code === 0,
      change: { peer: 0 },
      in: ['httpFreshFailed'],
    },
    {
      it: 'an ack of the steady state before',
      which: ({ kind, atUs }) => kind === recordKind.acked && atUs > 8_000_000,
      change: { atUs: 19_000_000 },
      in: ['availability slots'],
    },
  ])('disagree about one flipped record: $it', ({ which, change, in: names }) => {
    const index = killed.records.findIndex(which);
    const flipped = killed.records.with(index, {
      ...(killed.records[index] ?? http(0, 0, 0)),
      ...change,
    });
    const found = wrong(checks(killed, flipped)).join();
    for (const name of names) expect(found).toContain(name);
  });

  test('a message that was acked and is gone from the log is a loss of that fault in both', () => {
    const lost = killed.records.find(
      ({ kind, atUs, room }) => kind === recordKind.acked && atUs > 21_000_000 && room === 9,
    );
    const stored = killed.records.flatMap((record): HistoryRecord[] =>
      record.kind === recordKind.acked && record.room === 9 && record !== lost
        ? [{ ...record, kind: recordKind.stored, peer: record.user, user: 0 }]
        : [],
    );
    const done = { ...http(44_000, 0, 0), kind: recordKind.readDone, room: 9, value: 400 };
    const run = { ...killed, records: [...killed.records, ...stored, done] };
    const all = checks(run);
    expect(wrong(all)).toEqual([]);
    const found = all.find(({ metric }) => metric.endsWith('lostAcked'));
    expect(found?.recounted).toBeGreaterThan(0);
    // A death of Redis took what had been in the log before; a reload takes nothing.
    const lostByRedis = (kind: string): number => {
      const redis = { kind, node: 'redis', text: `${kind}@redis` };
      const ofTwo = checks({ ...run, windows: [killWindow(20_000), killWindow(34_000, redis)] });
      expect(wrong(ofTwo)).toEqual([]);
      const name = `fault 2 ${kind}@redis lostAcked`;
      return ofTwo.find(({ metric }) => metric === name)?.recounted ?? Number.NaN;
    };
    expect(lostByRedis('restart') - lostByRedis('reload')).toBe(1);
  });

  test('agree whatever happens, with one fault or several, and with one that overlaps', () => {
    const window = fc
      .record({ atMs: fc.integer({ min: 3000, max: 30_000 }), forMs: fc.nat(8000) })
      .map(({ atMs, forMs }) => killWindow(atMs, { untilMs: atMs + forMs }));
    const trouble = fc.record({
      kind: fc.constantFrom(recordKind.refused, recordKind.connectFailed, recordKind.joinFailed, 0),
      where: fc.nat(),
    });
    let felt = 0;
    fc.assert(
      fc.property(
        fc.array(anyStep({ user: 12, pauseMs: 900 }), { minLength: 40, maxLength: 120 }),
        fc.array(window, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('exact' as const, 'margin' as const),
        fc.array(trouble, { maxLength: 20 }),
        (steps, windows, leaves, troubles) => {
          const run = honestRun({ users: 12, roomSize: 4, workers: 1, steps, leaves });
          const found = checks({
            records: troubles.reduce(withTrouble, run.files.flat()),
            windows: windows.toSorted((a, b) => a.atMs - b.atMs),
            durationMs: run.durationMs,
          });
          expect(wrong(found)).toEqual([]);
          felt += found.filter(
            ({ metric, reported }) => metric.endsWith(' affected') && reported > 1,
          ).length;
        },
      ),
      { numRuns: 300 },
    );
    expect(felt).toBeGreaterThan(100);
  });
});

/** An ack that was a refusal or never came (kind 0), or an attempt of that user that failed. */
function withTrouble(
  records: readonly HistoryRecord[],
  { kind, where }: { readonly kind: number; readonly where: number },
): HistoryRecord[] {
  const isOfAck = kind === 0 || kind === recordKind.refused;
  const places = [...records.keys()].filter(
    (i) => !isOfAck || records[i]?.kind === recordKind.acked,
  );
  const at = places[where % places.length] ?? -1;
  const record = records[at];
  if (record === undefined) return [...records];
  if (kind === 0) return records.toSpliced(at, 1);
  return records.toSpliced(at, isOfAck ? 1 : 0, { ...record, kind });
}
