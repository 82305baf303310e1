import { describe, expect, test } from 'vitest';

import type { LatencyMs } from '../samples/summary.ts';
import {
  bareMs,
  formatClock,
  formatDuration,
  formatInstant,
  formatMb,
  formatMs,
  formatObserved,
  observedOf,
  formatPercent,
  formatRate,
  formatSeconds,
  latencyFigure,
  measuredMs,
} from './format.ts';

function latency(ms: number): LatencyMs {
  return { p50: ms, p90: ms, p95: ms, p99: ms, p999: ms, max: ms };
}

describe('figures', () => {
  test.each([
    [formatMs(0), '0 ms'],
    [measuredMs(0), '–'],
    [measuredMs(0.001), '0.001 ms'],
    [latencyFigure(latency(0), 'p95'), '–'],
    [latencyFigure(latency(0), 'p95', '-'), '-'],
    [latencyFigure(latency(4.14), 'p95'), '4.1'],
    [formatMs(0.4242), '0.42 ms'],
    [formatMs(4.14), '4.1 ms'],
    [formatMs(312.4), '312 ms'],
    [formatMs(9999), '9,999 ms'],
    [formatMs(12_345), '12.3 s'],
    [bareMs(1234.5), '1,235'],
    [formatDuration(850), '850 ms'],
    [formatDuration(0.4), '0.4 ms'],
    [formatDuration(999.7), '1.0 s'],
    [formatSeconds(0.4), '0.4 ms'],
    [formatSeconds(0), '0 ms'],
    [formatSeconds(99.7), '0.1 s'],
    [formatSeconds(1140), '1.1 s'],
    [formatDuration(9500), '9.5 s'],
    [formatDuration(59_990), '1m 00s'],
    [formatDuration(65_000), '1m 05s'],
    [formatDuration(7_380_000), '2h 03m'],
    [formatClock(-5), '0:00'],
    [formatClock(760_000), '12:40'],
    [formatRate(0), '0'],
    [formatRate(0.5), '0.5'],
    [formatRate(0.04), '0.04'],
    [formatRate(1204.4), '1,204'],
    [formatPercent(0), '0%'],
    [formatPercent(0.44), '0.4%'],
    [formatPercent(143.2), '143%'],
    [formatPercent(0.04), '0.04%'],
    [formatPercent(99.96), '99.96%'],
    [formatMb(84.4), '84 MB'],
    [formatMb(1434), '1.4 GB'],
    [formatObserved(null, 'ms'), 'no data'],
    [observedOf({ observed: null, unit: 'ms', verdict: 'no-data', bound: 9 }), 'no data'],
    [observedOf({ observed: null, unit: 'ms', verdict: 'fail', bound: 9 }), 'not seen'],
    [observedOf({ observed: null, unit: 'ms', verdict: 'pass', bound: 9 }), '–'],
    [observedOf({ observed: 12, unit: 'ms', verdict: 'fail', bound: 9 }), '12.0 ms'],
    // What does not hold is not shown as its own bound, and what holds is not either.
    [observedOf({ observed: 30.04, unit: 'ms', verdict: 'fail', bound: 30 }), '30.04 ms'],
    [observedOf({ observed: 12_000.4, unit: 'ms', verdict: 'fail', bound: 12_000 }), '12.0004 s'],
    [observedOf({ observed: 69.6, unit: '%', verdict: 'pass', bound: 70 }), '69.6%'],
    [observedOf({ observed: 1.004, unit: '%', verdict: 'fail', bound: 1 }), '1.004%'],
    [observedOf({ observed: 70, unit: '%', verdict: 'fail', bound: 70 }), '70%'],
    [formatObserved(0, '%'), '0%'],
    [formatObserved(0.034, '%'), '0.03%'],
    [formatObserved(0.004, '%'), '0.004%'],
    [formatObserved(99.996, '%'), '99.996%'],
    [formatObserved(512.3, 'MB'), '512 MB'],
    [formatObserved(1234, ''), '1,234'],
    [formatObserved(98.7, '/s'), '98.7/s'],
    [formatInstant('2026-11-21T11:29:13.123Z'), '2026-11-21 11:29:13 UTC'],
    [formatInstant('yesterday'), 'yesterday'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
