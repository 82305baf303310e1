import { describe, expect, test } from 'vitest';

import type { Isolation, WindowSide } from '../samples/window-latency.ts';
import { judgeIsolation } from './judge-isolation.ts';
import { parseThreshold } from './threshold.ts';

const flat = (ms: number) => ({ p50: ms, p90: ms, p95: ms, p99: ms, p999: ms, max: ms });
const side = (ackMs: number, httpMs: number, samples = 1000): WindowSide => ({
  ...{ ackMs: flat(ackMs), acks: samples },
  ...{ httpMs: flat(httpMs), https: samples, httpFailed: 0 },
});
const isolation = (inside: WindowSide): Isolation => ({
  ...{ cause: 'flood http=5000/s', windows: [{ fromMs: 1, toMs: 2 }], flood: null },
  ...{ inside, outside: side(3, 5) },
});

describe('isolation', () => {
  test.each([
    { why: 'within the seeds’ 30 ms', ackMs: 29, thresholds: [], verdict: 'pass' },
    { why: 'above it', ackMs: 31, thresholds: [], verdict: 'fail' },
    {
      why: 'above a bound of its own',
      ackMs: 29,
      thresholds: ['chat.ack p95 < 20ms'],
      verdict: 'fail',
    },
    {
      why: 'above the stricter of two bounds',
      ackMs: 29,
      thresholds: ['chat.ack p95 < 30ms', 'chat.ack p95 < 20ms'],
      verdict: 'fail',
    },
    {
      why: 'a bound on another percentile is not it',
      ackMs: 29,
      thresholds: ['chat.ack p50 < 2ms'],
      verdict: 'pass',
    },
  ])('the chat’s p95 during the flood: $why', ({ ackMs, thresholds, verdict }) => {
    const bounds = thresholds.map((text) => parseThreshold(text));
    const row = judgeIsolation(isolation(side(ackMs, 900)), bounds, 'chat');
    expect(row).toMatchObject({ verdict, observed: ackMs, metric: 'chat.ack' });
    expect(row.why).toContain('3.0 ms outside');
  });

  test('the other way round it is HTTP against 150 ms', () => {
    expect(judgeIsolation(isolation(side(900, 149)), [], 'http').verdict).toBe('pass');
    expect(judgeIsolation(isolation(side(1, 151)), [], 'http').verdict).toBe('fail');
  });

  test('HTTP that was quick and failed did notice', () => {
    const kill = { ...isolation(side(900, 20)), cause: 'kill@ws-2', other: 'http' } as const;
    expect(judgeIsolation(kill, []).verdict).toBe('pass');
    const failing = { ...kill, inside: { ...side(900, 20), httpFailed: 11 } };
    expect(judgeIsolation(failing, [])).toMatchObject({
      ...{ verdict: 'fail', metric: 'http' },
      why: '11 of 1011 requests failed during kill@ws-2',
    });
    expect(
      judgeIsolation({ ...kill, inside: { ...side(9, 20), httpFailed: 10 } }, []).verdict,
    ).toBe('pass');
    const before = { ...failing, outside: { ...side(3, 5), httpFailed: 20 } };
    expect(judgeIsolation(before, []).verdict).toBe('pass');
  });

  test('chat that was quick where it answered, and left others without, did notice', () => {
    const kill = { ...isolation(side(5, 900)), cause: 'kill@api-1', other: 'chat' } as const;
    const failing = { ...kill, inside: { ...side(5, 900), acksFailed: 400 } };
    expect(judgeIsolation(failing, [])).toMatchObject({
      ...{ verdict: 'fail', metric: 'chat.ack', observed: 5 },
      why: '400 of 1400 sends failed during kill@api-1',
    });
    const before = { ...failing, outside: { ...side(3, 5), acksFailed: 600 } };
    expect(judgeIsolation(before, []).verdict).toBe('pass');
    // Nobody had an answer: a fail, and no latency of 0 ms.
    const dead = { ...kill, inside: { ...side(0, 900, 0), acksFailed: 400 } };
    expect(judgeIsolation(dead, [])).toMatchObject({ verdict: 'fail', observed: null });
  });

  test('a window of which other faults leave nothing says so', () => {
    const gone = isolation(side(0, 0, 0));
    expect(judgeIsolation(gone, [], 'chat')).toMatchObject({
      ...{ verdict: 'no-data', observed: null },
      why: 'nothing fell due during flood http=5000/s in the hold and clear of other faults',
    });
    const few = isolation(side(3, 5, 19));
    expect(judgeIsolation(few, [], 'chat').why).toContain('19 samples');
  });

  test('a pool that was too slow without the flood as well proves nothing', () => {
    const slow = { ...isolation(side(90, 1)), outside: side(80, 1) };
    expect(judgeIsolation(slow, [], 'chat').verdict).toBe('no-data');
  });

  describe('a flood that was not brought', () => {
    const flood = (ratePerSec: number) => ({ asked: 5000, ratePerSec, errors: 0, p95Ms: 900 });

    test.each([
      { ratePerSec: 5000, verdict: 'pass' },
      { ratePerSec: 4000, verdict: 'pass' },
      { ratePerSec: 3999, verdict: 'no-data' },
      { ratePerSec: 0, verdict: 'no-data' },
    ])('$ratePerSec/s of 5,000 served: $verdict', ({ ratePerSec, verdict }) => {
      const row = judgeIsolation(
        { ...isolation(side(5, 5)), flood: flood(ratePerSec) },
        [],
        'chat',
      );
      expect(row.verdict).toBe(verdict);
      if (verdict === 'no-data') {
        expect(row.why).toContain(`not brought: ${ratePerSec}/s were served`);
      }
    });

    test('is a fail where even so much was too much', () => {
      const hurt = { ...isolation(side(31, 5)), flood: flood(1000) };
      expect(judgeIsolation(hurt, [], 'chat').verdict).toBe('fail');
    });
  });

  test('too few samples are no data, never a pass', () => {
    expect(judgeIsolation(isolation(side(1, 1, 19)), [], 'chat').verdict).toBe('no-data');
  });
});
