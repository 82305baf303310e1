import { describe, expect, test } from 'vitest';

import type { ServiceSample } from './resources.ts';
import { restartsSince, serviceSummaries } from './service-summary.ts';

function reading(name: string, atMs: number, part: Partial<ServiceSample> = {}): ServiceSample {
  return {
    atMs,
    name,
    kind: 'server',
    pid: 7,
    cpuPct: 0,
    rssMb: 0,
    waitPct: 0,
    loopLagMs: null,
    connections: null,
    restarts: 0,
    ...part,
  };
}

/** One reading a second with these CPU figures. */
function cpu(...values: readonly number[]): ServiceSample[] {
  return values.map((cpuPct, i) => reading('ws-1', (i + 1) * 1000, { cpuPct }));
}

describe('the summary of a service', () => {
  test.each([
    {
      it: 'one busy second is a fifth of a window',
      values: [0, 0, 0, 0, 100, 0, 0, 0, 0],
      max: 20,
    },
    { it: 'five busy seconds are a full one', values: [0, 0, 90, 90, 90, 90, 90, 0, 0], max: 90 },
    { it: 'four are not', values: [0, 0, 0, 90, 90, 90, 90, 0, 0, 0], max: 72 },
    { it: 'a run shorter than a window counts whole', values: [40, 60], max: 50 },
    { it: 'one reading is all there is', values: [40], max: 40 },
    { it: 'the last window counts', values: [0, 0, 0, 0, 0, 50, 50, 50, 50, 50], max: 50 },
  ])('has the highest mean over 5 s: $it', ({ values, max }) => {
    expect(serviceSummaries(cpu(...values))[0]?.cpuPct.max).toBeCloseTo(max, 6);
  });

  test('has no maximum below its mean, whatever the spacing of its readings', () => {
    // The only whole window, the last 5 s, holds none of the busy first half second.
    const [summary] = serviceSummaries([
      reading('ws-1', 500, { cpuPct: 100 }),
      reading('ws-1', 1000, { cpuPct: 10 }),
      reading('ws-1', 5400, { cpuPct: 10 }),
    ]);
    expect(summary?.cpuPct.avg).toBeCloseTo((500 * 100 + 4900 * 10) / 5400, 6);
    expect(summary?.cpuPct.max).toBe(summary?.cpuPct.avg);
  });

  test('weighs each reading by the time since the one before', () => {
    const samples = [
      reading('ws-1', 1000, { cpuPct: 10 }),
      reading('ws-1', 2000, { cpuPct: 10 }),
      reading('ws-1', 6000, { cpuPct: 70 }),
    ];
    expect(serviceSummaries(samples)[0]?.cpuPct).toEqual({ avg: 50, max: 58 });
  });

  test('lists services by name, ws-2 before ws-10, whatever the order of readings', () => {
    const samples = ['ws-10', 'redis', 'ws-2', 'redis'].map((name, i) => reading(name, 5000 - i));
    expect(serviceSummaries(samples).map((one) => one.name)).toEqual(['redis', 'ws-2', 'ws-10']);
  });

  test('keeps the highest lag, memory and restarts, and the pid that was last', () => {
    const [summary] = serviceSummaries([
      reading('ws-1', 1000, { rssMb: 100, loopLagMs: 12, pid: 7 }),
      reading('ws-1', 2000, { rssMb: 140, loopLagMs: null, pid: 9, restarts: 1 }),
    ]);
    expect(summary).toMatchObject({
      pid: 9,
      rssMb: { avg: 120, max: 140 },
      loopLagMs: 12,
      restarts: 1,
    });
  });

  test('counts the restarts of the run, not those from before it', () => {
    const atStart = new Map([['ws-1', 2]]);
    const restartsOf = (restarts: number): number | undefined =>
      serviceSummaries(restartsSince(atStart, [reading('ws-1', 1000, { restarts })]))[0]?.restarts;
    expect([restartsOf(2), restartsOf(3)]).toEqual([0, 1]);
    // It ended after the last reading, or was not started again.
    expect(serviceSummaries(cpu(1, 2), new Map([['ws-1', 1]]))[0]?.restarts).toBe(1);
    const [unknown] = restartsSince(atStart, [reading('ws-2', 1000, { restarts: 1 })]);
    expect(unknown?.restarts).toBe(1);
  });

  test('takes the readings of two days and more', () => {
    const readings = Array.from({ length: 200_000 }, (_, i) =>
      reading('ws-1', i * 1000, { rssMb: i, loopLagMs: i }),
    );
    const seen = { rssMb: { max: 199_999 }, loopLagMs: 199_999 };
    expect(serviceSummaries(readings)[0]).toMatchObject(seen);
  });

  test('has no lag where none was read, and no entry where nothing was', () => {
    expect(serviceSummaries(cpu(1, 2))[0]?.loopLagMs).toBeNull();
    expect(serviceSummaries([])).toEqual([]);
  });
});
