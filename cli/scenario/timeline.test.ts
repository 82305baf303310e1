import { describe, expect, test } from 'vitest';

import { parseScenario } from './parse-scenario.ts';
import type { Scenario, Stage } from './scenario.ts';
import {
  churnAwayMs,
  isHold,
  judgesLateness,
  plannedUsers,
  sessionsOf,
  stageAt,
  stagesMs,
  targetAt,
} from './timeline.ts';

const upHoldDown: [Stage, ...Stage[]] = [
  { durationMs: 10_000, target: 100 },
  { durationMs: 5000, target: 100 },
  { durationMs: 10_000, target: 0 },
];

describe('the line of target users', () => {
  test.each([
    { tMs: 0, users: 0, stage: 0, why: 'nobody is there at the start of a ramp' },
    { tMs: 100, users: 1, stage: 0, why: 'the line has just reached one' },
    { tMs: 101, users: 2, stage: 0, why: 'a fraction of a user is a user' },
    { tMs: 5000, users: 50, stage: 0, why: 'half way up' },
    { tMs: 10_000, users: 100, stage: 1, why: 'a stage begins where the one before ended' },
    { tMs: 14_999, users: 100, stage: 1, why: 'a hold keeps its users' },
    { tMs: 20_000, users: 50, stage: 2, why: 'half way down' },
    { tMs: 25_000, users: 0, stage: 2, why: 'after the end the last target stays' },
    { tMs: 99_000, users: 0, stage: 2, why: 'long after the end' },
  ])('at $tMs ms there are $users: $why', ({ tMs, users, stage }) => {
    expect(targetAt(upHoldDown, tMs)).toBe(users);
    expect(stageAt(upHoldDown, tMs)).toBe(stage);
  });

  test('its length, its height, and which stages hold', () => {
    expect(stagesMs(upHoldDown)).toBe(25_000);
    expect(plannedUsers(upHoldDown)).toBe(100);
    expect([0, 1, 2].map((index) => isHold(upHoldDown, index))).toEqual([false, true, false]);
    expect(isHold([{ durationMs: 1, target: 5 }], 0)).toBe(false);
  });

  test('a late generator shows in the holds, and in every stage where none holds anybody', () => {
    const judged = (stages: readonly Stage[]) =>
      stages.map((_, index) => judgesLateness(stages, index));
    expect(judged(upHoldDown)).toEqual([false, true, false]);
    const upDown = upHoldDown.toSpliced(1, 1);
    expect(judged(upDown)).toEqual([true, true]);
    // A hold of nobody is none.
    expect(judged([...upDown, { durationMs: 1000, target: 0 }])).toEqual([true, true, true]);
  });
});

describe('sessions of a user', () => {
  test.each([
    { index: 0, sessions: [[0, 25_000]], why: 'the first comes at once and leaves last' },
    { index: 50, sessions: [[5000, 20_000]], why: 'the middle one comes and leaves in the middle' },
    { index: 99, sessions: [[9900, 15_100]], why: 'the last comes last and leaves first' },
    { index: 100, sessions: [], why: 'nobody beyond the target ever comes' },
  ])('user $index: $why', ({ index, sessions }) => {
    expect(
      sessionsOf(scenario(upHoldDown), index).map(({ fromMs, toMs }) => [fromMs, toMs]),
    ).toEqual(sessions);
  });

  test('a second hill brings a user a second time', () => {
    const stages: [Stage, ...Stage[]] = [
      { durationMs: 1000, target: 10 },
      { durationMs: 1000, target: 0 },
      { durationMs: 1000, target: 10 },
    ];
    expect(sessionsOf(scenario(stages), 5)).toEqual([
      { fromMs: 500, toMs: 1500 },
      { fromMs: 2500, toMs: 3000 },
    ]);
  });

  test('at every moment as many users are there as the line says', () => {
    const all = Array.from({ length: 100 }, (_, index) => sessionsOf(scenario(upHoldDown), index));
    for (let tMs = 50; tMs < 25_000; tMs += 130) {
      const there = all.filter((sessions) =>
        sessions.some(({ fromMs, toMs }) => fromMs < tMs && tMs <= toMs),
      ).length;
      expect(Math.abs(there - targetAt(upHoldDown, tMs))).toBeLessThanOrEqual(1);
    }
  });
});

describe('churn', () => {
  const long: [Stage, ...Stage[]] = [{ durationMs: 600_000, target: 1000 }];

  test('about the share asked for leaves and comes back each minute, always by the same seed', () => {
    const churning = { ...scenario(long), churnPerMin: 0.1 };
    const breaks = Array.from(
      { length: 1000 },
      (_, index) => sessionsOf(churning, index).length - 1,
    );
    const minutesThere = 1000 * 5;
    const perMinute = breaks.reduce((sum, count) => sum + count, 0) / minutesThere;
    expect(perMinute).toBeGreaterThan(0.085);
    expect(perMinute).toBeLessThan(0.115);
    expect(sessionsOf(churning, 7)).toEqual(sessionsOf(churning, 7));
  });

  test('who leaves stays away for a moment, and sessions never overlap', () => {
    const churning = { ...scenario(long), churnPerMin: 1 };
    const sessions = sessionsOf(churning, 3);
    expect(sessions.length).toBeGreaterThan(3);
    for (const [i, session] of sessions.entries()) {
      expect(session.toMs - session.fromMs).toBeGreaterThanOrEqual(1000);
      const next = sessions[i + 1];
      if (next !== undefined) expect(next.fromMs - session.toMs).toBe(churnAwayMs);
    }
  });
});

function scenario(stages: [Stage, ...Stage[]]): Scenario {
  return { ...parseScenario("stages: ['1s:1']", 'x.yaml', {}), stages };
}
