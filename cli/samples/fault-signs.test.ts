import { describe, expect, test } from 'vitest';

import { errorCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { failoverRun, killWindow } from './testing/failover-run.ts';
import { impactOf, only, shape } from './testing/impact-of.ts';
import { recordAt } from './testing/record-at.ts';

function isWithin({ atUs }: HistoryRecord, fromMs: number, untilMs: number): boolean {
  return atUs >= fromMs * 1000 && atUs < untilMs * 1000;
}

describe('signs other than a lost connection', () => {
  const quiet = failoverRun({ ...shape, killAtMs: null });

  test('a send that was never answered affects its sender, known when its time is up', () => {
    const impact = impactOf([...quiet, recordAt(recordKind.sent, 21_000, { user: 7, n: 99 })]);
    expect(only(impact)).toMatchObject({ bit: true, affected: 1, detectMs: 11_000 });
  });

  test('a send refused for want of a store does, one over the rate limit does not', () => {
    const refused = (code: number): HistoryRecord[] => [
      recordAt(recordKind.sent, 21_000, { n: 99 }),
      recordAt(recordKind.refused, 21_003, { n: 99, code }),
    ];
    expect(only(impactOf([...quiet, ...refused(errorCode.unavailable)])).affected).toBe(1);
    expect(only(impactOf([...quiet, ...refused(errorCode.rateLimited)])).affected).toBe(0);
  });

  test('waiting over a second on a living connection is a stall, and a pause bites by it', () => {
    const windows = [killWindow(20_000, { kind: 'pause' })];
    const stall = [
      recordAt(recordKind.sent, 21_000, { user: 7, n: 99 }),
      recordAt(recordKind.acked, 25_000, { user: 7, n: 99, value: 900 }),
    ];
    const impact = impactOf([...quiet, ...stall], { windows });
    expect(only(impact)).toMatchObject({ bit: true, affected: 0, stalled: 1 });
    // Its own acks between the two are of a test's making; the wait counts from the last of them.
    expect(only(impact).stalledClientSeconds).toBeCloseTo(4, 0);
  });

  test('who hangs on a living connection is down: in the fault, in the availability, in the budget', () => {
    const windows = [killWindow(20_000, { kind: 'pause', node: 'ws-1', untilMs: 32_000 })];
    // Everybody on the node waits for the ack of the first message that fell due, to the pause's end.
    const hung = quiet.map((record) =>
      record.kind === recordKind.acked && record.user < 50 && isWithin(record, 20_000, 32_000)
        ? { ...record, atUs: 32_000_000 }
        : record,
    );
    const impact = impactOf(hung, { windows });
    const fault = only(impact);
    expect(fault).toMatchObject({ bit: true, affected: 0, stalled: 50 });
    // Fifty clients for 12 s, less the time to each one's next message.
    expect(fault.downClientSeconds).toBeGreaterThan(50 * 11);
    expect(fault.downClientSeconds).toBeLessThanOrEqual(50 * 12);
    expect(fault.stalledClientSeconds).toBe(fault.downClientSeconds);
    expect(impact.availability.clients).toBeCloseTo(1 - fault.downClientSeconds / (100 * 34), 6);
    expect(impact.availability.budget.every((one) => one.used > 0)).toBe(true);
  });

  test('messages that nobody ever answers are waited for 10 s each, and a row of them not twice', () => {
    const sends = [21_000, 22_000, 23_000].map((ms, i) =>
      recordAt(recordKind.sent, ms, { user: 500, n: i }),
    );
    const windows = [killWindow(20_000, { kind: 'pause' })];
    expect(only(impactOf([...quiet, ...sends], { windows }))).toMatchObject({
      ...{ affected: 1, stalled: 0, stalledClientSeconds: 12, downClientSeconds: 12 },
    });
    const refused = sends.map((one) => ({ ...one, kind: recordKind.refused }));
    const nacked = impactOf([...quiet, ...sends, ...refused], { windows });
    expect(only(nacked).downClientSeconds).toBe(0);
  });

  test('acks while it was there are told apart from those soon after', () => {
    const windows = [killWindow(20_000, { kind: 'kill', node: 'redis', untilMs: 23_000 })];
    const dead = quiet.map((record) =>
      record.kind === recordKind.acked && isWithin(record, 20_000, 23_000)
        ? { ...record, atUs: 23_100_000 }
        : record,
    );
    const fault = only(impactOf(dead, { windows }));
    expect(fault).toMatchObject({ ackedWithin: 0, dueWithin: 300, answeredWithin: 300 });
    expect(fault.acked).toBeGreaterThan(1200);
    expect(only(impactOf(quiet, { windows })).ackedWithin).toBe(300);
  });

  test('who was thrown off waited too, but not on a living connection', () => {
    const windows = [killWindow(20_000), killWindow(22_000, { node: 'ws-1', clientsOnNode: 1 })];
    const records = failoverRun({ ...shape, backoffMs: () => 4000 });
    const { faults } = impactOf(records, { windows });
    expect(faults.map((one) => one.stalled)).toEqual([0, 0]);
  });

  test('HTTP requests of the window are counted, and those that failed', () => {
    const http = [2, 5, 0].map((code) => recordAt(recordKind.http, 22_000, { code }));
    const impact = impactOf([...quiet, ...http, recordAt(recordKind.http, 36_000, { code: 5 })]);
    expect(only(impact)).toMatchObject({ httpRequests: 3, httpFailed: 2 });
  });

  test('a client that is not let in is down until it is in', () => {
    const arrival = [
      recordAt(recordKind.connectDue, 21_000, { user: 500 }),
      recordAt(recordKind.connectFailed, 21_100, { user: 500 }),
      recordAt(recordKind.connectDue, 22_000, { user: 500 }),
      recordAt(recordKind.connected, 22_010, { user: 500 }),
      recordAt(recordKind.joined, 22_020, { user: 500 }),
    ];
    expect(only(impactOf([...quiet, ...arrival]))).toMatchObject({
      ...{ affected: 1, detectMs: 1100, downClientSeconds: 0.92 },
      ...{ neverResumed: 0, firstBackMs: 2020 },
    });
  });

  test('a client that leaves as it meant to is no victim', () => {
    const leaving = [
      recordAt(recordKind.left, 21_000, { user: 7 }),
      recordAt(recordKind.disconnected, 21_001, { user: 7, code: 1 }),
    ];
    expect(only(impactOf([...quiet, ...leaving])).affected).toBe(0);
  });
});
