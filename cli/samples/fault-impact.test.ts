import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createFaultImpact } from './fault-impact.ts';
import type { ImpactOptions } from './fault-impact.ts';
import type { FaultImpact, FaultResult } from './fault-result.ts';
import { errorCode, recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { failoverRun, killWindow } from './testing/failover-run.ts';
import type { FailoverShape } from './testing/failover-run.ts';
import { recordAt } from './testing/record-at.ts';

const shape: FailoverShape = {
  users: 100,
  onNode: 50,
  killAtMs: 20_000,
  backoffMs: (user) => 500 + user * 20,
  endMs: 40_000,
};

const options: ImpactOptions = {
  runId: 'run',
  durationMs: 45_000,
  stages: [
    { untilMs: 5000, target: 100 },
    { untilMs: 40_000, target: 100 },
  ],
  windows: [killWindow(20_000)],
  losses: [],
  clients: 100,
};

function impactOf(
  records: readonly HistoryRecord[],
  change: Partial<ImpactOptions> = {},
): FaultImpact {
  const impact = createFaultImpact({ ...options, ...change });
  for (const record of records) impact.note(record);
  return impact.close();
}

function isWithin({ atUs }: HistoryRecord, fromMs: number, untilMs: number): boolean {
  return atUs >= fromMs * 1000 && atUs < untilMs * 1000;
}

function only(impact: FaultImpact): FaultResult {
  const [fault] = impact.faults;
  if (fault === undefined || impact.faults.length > 1) throw new Error('one fault was expected');
  return fault;
}

describe('a node is killed under a hundred users, fifty on it', () => {
  const impact = impactOf(failoverRun(shape));
  const fault = only(impact);

  test('those on it are affected, and nobody else', () => {
    expect(fault).toMatchObject({ bit: true, unfelt: null, affected: 50, neverResumed: 0 });
    expect(fault.detect).toEqual({ p50: 3, p95: 3, p99: 3, max: 3 });
  });

  test('their way back is detection, backoff, connect and resume, and adds up', () => {
    // User i waits 500 + 20 i ms: detect 3, connect 4, resume 5, and an ack of 2 ms where one was due.
    expect(fault.backoff).toEqual({ p50: 980, p95: 1440, p99: 1480, max: 1480 });
    expect(fault.connect.max).toBe(4);
    expect(fault.resume.max).toBe(7);
    expect(fault.resumeMs).toEqual({ p50: 994, p95: 1454, p99: 1494, max: 1494 });
    expect(fault.firstBackMs).toBe(514);
    expect(fault.stormPerSec).toBe(50);
  });

  test('down time is counted from the fault to the way back', () => {
    const seconds = Array.from({ length: 50 }, (_, user) => (514 + user * 20) / 1000);
    expect(fault.downClientSeconds).toBeCloseTo(
      seconds.reduce((a, b) => a + b),
      3,
    );
    expect(impact.availability.clients).toBeCloseTo(1 - fault.downClientSeconds / (100 * 34), 6);
    const nines = impact.availability.budget.find((one) => one.goalPct === 99.9);
    expect(nines?.budgetSec).toBeCloseTo(2592, 6);
    expect(nines?.used).toBeCloseTo(fault.downClientSeconds / 100 / 2592, 9);
  });

  test('the service is as before when at most one of a hundred is away', () => {
    // User 48 is back at 21,474 and user 49 at 21,494: from the slot after on, only that one is away.
    expect(fault.recoveredAt).toBe(21_500);
    expect(fault.mttrMs).toBe(1500);
  });

  test('the baseline is the hold before it', () => {
    expect(impact.baseline).toMatchObject({ fromMs: 6000, untilMs: 20_000, unsteady: null });
    expect(impact.baseline.ackP99Ms).toBe(2);
    expect(impact.baseline.goodWithinMs).toBe(100);
  });

  test('every message was acked in the end, but not every slot was good', () => {
    expect(impact.availability.ops).toBe(1);
    expect(impact.availability.slots).toBeLessThan(1);
    expect(impact.availability.slots).toBeGreaterThan(0.9);
  });

  test('the slowest messages are those that fell due first while their sender was away', () => {
    expect(impact.worstMessages).toHaveLength(10);
    expect(impact.worstMessages.every((one) => one.fault === 'kill@ws-2')).toBe(true);
    const waits = impact.worstMessages.map((one) => one.waitMs);
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
    expect(waits[0]).toBeGreaterThan(1000);
  });
});

describe('negative controls', () => {
  test('no fault: empty results, and a whole month is left', () => {
    const impact = impactOf(failoverRun({ ...shape, killAtMs: null }), { windows: [] });
    expect(impact.faults).toEqual([]);
    expect(impact.availability).toMatchObject({ ops: 1, slots: 1, clients: 1 });
    expect(impact.availability.budget.every((one) => one.used === 0)).toBe(true);
    expect(impact.worstMessages.every((one) => one.fault === null)).toBe(true);
  });

  test('a fault that was not there did not bite, and recovered at once', () => {
    const impact = impactOf(failoverRun({ ...shape, killAtMs: null }), {
      windows: [killWindow(20_000, { effective: false, evidence: 'pid 812 lives' })],
    });
    expect(only(impact)).toMatchObject({
      ...{ bit: false, unfelt: 'it had no effect: pid 812 lives', affected: 0 },
      ...{ mttrMs: 0, recoveredAt: 20_000, downClientSeconds: 0 },
    });
  });

  test('clients were on the node and none noticed: it did not bite', () => {
    const impact = impactOf(failoverRun({ ...shape, killAtMs: null }));
    expect(only(impact)).toMatchObject({
      bit: false,
      unfelt: '50 clients were on it, and none of them noticed',
    });
  });

  test('what only users can show did not bite unless one noticed', () => {
    const window = { kind: 'refuse', node: 'nginx-ws-2', evidence: 'no refusal was seen' };
    const windows = [killWindow(20_000, { ...window, onlyUsersShow: true })];
    const unnoticed = impactOf(failoverRun({ ...shape, killAtMs: null }), { windows });
    expect(only(unnoticed)).toMatchObject({
      bit: false,
      unfelt: 'it met nobody: no refusal was seen',
    });
    expect(only(impactOf(failoverRun(shape), { windows }))).toMatchObject({ bit: true });
  });

  test('nobody was on the node: a kill that nobody notices bit all the same', () => {
    const windows = [killWindow(20_000, { node: 'api-1', clientsOnNode: 0 })];
    const impact = impactOf(failoverRun({ ...shape, killAtMs: null }), { windows });
    expect(only(impact)).toMatchObject({ bit: true, affected: 0, mttrMs: 0 });
  });

  test('a reload that nobody notices is a reload as it should be', () => {
    const windows = [killWindow(20_000, { kind: 'reload', node: 'nginx', clientsOnNode: 100 })];
    const impact = impactOf(failoverRun({ ...shape, killAtMs: null }), { windows });
    expect(only(impact)).toMatchObject({ bit: true, affected: 0 });
  });

  test('a fault before which nothing was steady has no baseline', () => {
    const [early, ramp, loose] = [
      impactOf(failoverRun({ ...shape, killAtMs: 7000 }), { windows: [killWindow(7000)] }),
      impactOf(failoverRun({ ...shape, killAtMs: 3000 }), { windows: [killWindow(3000)] }),
      impactOf([...failoverRun({ ...shape, users: 60, onNode: 50, killAtMs: 12_000 })]),
    ];
    expect(early.baseline.unsteady).toContain('only 1.0 s of steady load');
    expect(ramp.baseline.unsteady).toContain('outside a hold');
    expect(loose.baseline.unsteady).toContain('50 clients lost their connection');
  });

  test('one client in ten that never comes back: never recovered', () => {
    const records = failoverRun({ ...shape, backoffMs: (user) => (user < 10 ? null : 1000) });
    const impact = impactOf(records);
    expect(only(impact)).toMatchObject({ neverResumed: 10, recoveredAt: null, mttrMs: null });
    // Ten clients for 20 s, forty for about 1 s.
    expect(only(impact).downClientSeconds).toBeGreaterThan(200);
    expect(impact.availability.outlooks.every((one) => one.measuredPct === null)).toBe(true);
  });
});

test('the outlook rests on all recoveries, and on none where one was not seen to end', () => {
  const back = failoverRun(shape);
  const windows = [killWindow(20_000), killWindow(30_000, { node: 'ws-1', clientsOnNode: null })];
  const gone = Array.from({ length: 10 }, (_, i) =>
    recordAt(recordKind.disconnected, 31_000, { user: 80 + i }),
  );
  const measured = (impact: FaultImpact) => impact.availability.outlooks[0]?.measuredPct;
  expect(impactOf(back, { windows }).faults.map((one) => one.mttrMs)).toEqual([1500, 0]);
  expect(measured(impactOf(back, { windows }))).toBeGreaterThan(99.99);
  const half = impactOf([...back, ...gone], { windows });
  expect(half.faults.map((one) => one.mttrMs)).toEqual([1500, null]);
  expect(measured(half)).toBeNull();
});

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

describe('what an outage belongs to', () => {
  test('two faults: each has the clients that were thrown off in it', () => {
    const windows = [killWindow(20_000), killWindow(26_000, { node: 'ws-1', clientsOnNode: 1 })];
    const later = [
      recordAt(recordKind.disconnected, 27_000, { user: 80 }),
      recordAt(recordKind.connectDue, 28_000, { user: 80 }),
      recordAt(recordKind.connected, 28_001, { user: 80 }),
      recordAt(recordKind.resumed, 28_002, { user: 80, room: 8 }),
    ];
    const { faults } = impactOf([...failoverRun(shape), ...later], { windows });
    expect(faults.map((one) => one.affected)).toEqual([50, 1]);
    expect(faults[1]?.resumeMs.max).toBeCloseTo(2002, 0);
  });

  test('a lost message is put down to the fault of its moment, or to the store that forgot it', () => {
    const windows = [
      killWindow(20_000),
      killWindow(30_000, { kind: 'restart', node: 'redis', clientsOnNode: null }),
    ];
    const losses = [
      { id: 'a', atMs: 21_000, unstored: false },
      { id: 'a', atMs: 21_000, unstored: false },
      { id: 'b', atMs: 8000, unstored: true },
      { id: 'c', atMs: 8000, unstored: false },
    ];
    const { faults } = impactOf(failoverRun(shape), { windows, losses });
    expect(faults.map((one) => one.lostAcked)).toEqual([1, 1]);
  });
});

describe('for any failover', () => {
  const shapes = fc.record({
    users: fc.integer({ min: 20, max: 60 }),
    onNode: fc.integer({ min: 1, max: 20 }),
    killAtMs: fc.integer({ min: 10_000, max: 22_000 }),
    waitMs: fc.integer({ min: 0, max: 3000 }),
    spreadMs: fc.integer({ min: 0, max: 60 }),
  });

  test('all on the node are affected and come back, and a window elsewhere does not bite', () => {
    fc.assert(
      fc.property(shapes, ({ waitMs, spreadMs, ...one }) => {
        const records = failoverRun({
          ...one,
          backoffMs: (user) => waitMs + user * spreadMs,
          endMs: 40_000,
        });
        const clients = { clients: one.users };
        const hit = only(impactOf(records, { ...clients, windows: [killWindow(one.killAtMs)] }));
        expect(hit).toMatchObject({ bit: true, affected: one.onNode, neverResumed: 0 });
        expect(hit.resumeMs.max).toBeGreaterThanOrEqual(hit.detect.p50 + waitMs + hit.connect.p50);
        expect(hit.mttrMs).not.toBeNull();

        const windows = [killWindow(one.killAtMs + 2000)];
        const shifted = only(impactOf(records, { ...clients, windows }));
        expect(shifted).toMatchObject({ bit: false, affected: 0, downClientSeconds: 0 });
      }),
      { numRuns: 60 },
    );
  });
});
