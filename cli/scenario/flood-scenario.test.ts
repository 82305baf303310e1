import { describe, expect, test } from 'vitest';

import { floodScenario, floodWindow, steadySpan } from './flood-scenario.ts';
import { parseScenario } from './parse-scenario.ts';
import { pacerOf } from './pacer.ts';
import { plannedUsers, stagesMs } from './timeline.ts';

const scenario = parseScenario("stages: ['2s:50', '9s:50', '3s:0', '5s:0']", 'x.yaml', {});

describe('a flood', () => {
  test('lies in the middle third of the longest hold that has users', () => {
    expect(steadySpan(scenario)).toEqual({ fromMs: 2000, toMs: 11_000 });
    expect(floodWindow(scenario)).toEqual({ fromMs: 5000, toMs: 8000 });
  });

  test('with no hold, in the middle of the longest stage', () => {
    const ramps = parseScenario("stages: ['2s:50', '6s:80']", 'x.yaml', {});
    expect(floodWindow(ramps)).toEqual({ fromMs: 4000, toMs: 6000 });
  });

  test('of HTTP asks its rate of one idle user, for as long as the window', () => {
    const flood = floodScenario(scenario, { kind: 'http', perSec: 5000 });
    expect(stagesMs(flood.stages)).toBe(3000);
    expect(plannedUsers(flood.stages)).toBe(1);
    expect(pacerOf(flood).httpDueUs(5000) - pacerOf(flood).httpDueUs(0)).toBeCloseTo(1_000_000, -1);
    expect(flood).toMatchObject({ faults: [], flood: null, fidelityUsers: 0, thresholds: [] });
  });

  test('of chat brings users of its own, never more than the chat has', () => {
    const small = floodScenario(scenario, { kind: 'chat', perSec: 200 });
    expect(plannedUsers(small.stages)).toBe(10);
    const large = floodScenario(scenario, { kind: 'chat', perSec: 100_000 });
    expect(plannedUsers(large.stages)).toBe(50);
    expect(large.http.perSec).toBe(0);
    expect(stagesMs(large.stages)).toBe(3000);
  });

  test.each([1, 2, 3, 4, 100, 1000, 1501, 1502, 2999, 3001, 60_000])(
    'of either kind lasts as long as its window where the hold has %i ms',
    (holdMs) => {
      const short = { ...scenario, stages: [{ durationMs: holdMs, target: 50 }] as const };
      const { fromMs, toMs } = floodWindow(short);
      for (const kind of ['http', 'chat'] as const) {
        const { stages } = floodScenario(short, { kind, perSec: 200 });
        expect(stagesMs(stages)).toBe(Math.max(2, toMs - fromMs));
        for (const { durationMs } of stages) {
          expect(durationMs).toBeGreaterThan(0);
          expect(Number.isInteger(durationMs)).toBe(true);
        }
      }
    },
  );
});
