import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { FaultImpact } from './fault-result.ts';
import { recordKind } from './history.ts';
import { failoverRun, killWindow } from './testing/failover-run.ts';
import { impactOf, only, shape } from './testing/impact-of.ts';
import { recordAt } from './testing/record-at.ts';

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
