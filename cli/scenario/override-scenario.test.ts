import { describe, expect, test } from 'vitest';

import { Failure } from '../failure.ts';
import { overrideScenario } from './override-scenario.ts';
import { parseScenario } from './parse-scenario.ts';
import { parseScenarioFlags } from './scenario-flags.ts';
import type { ScenarioFlags } from './scenario-flags.ts';
import type { Scenario } from './scenario.ts';

const base = parseScenario('stages: ["10s:100", "20s:1000", "20s:1000", "10s:0"]', 'base.yaml', {});

function changed(flags: ScenarioFlags, scenario = base): Scenario {
  return overrideScenario(scenario, parseScenarioFlags(flags));
}

function stagesOf(flags: ScenarioFlags, scenario = base): string {
  return changed(flags, scenario)
    .stages.map(({ durationMs, target }) => `${durationMs / 1000}s:${target}`)
    .join(' ');
}

describe('flags over a scenario', () => {
  test('nothing typed changes nothing', () => {
    expect(changed({})).toEqual(base);
  });

  test.each<[ScenarioFlags, string, string]>([
    [{ users: '100' }, '10s:10 20s:100 20s:100 10s:0', 'every target by the same factor'],
    [{ users: '5' }, '10s:1 20s:5 20s:5 10s:0', 'a stage with someone in it keeps someone'],
    [{ users: '10000' }, '10s:1000 20s:10000 20s:10000 10s:0', 'upwards too'],
    [{ duration: '60s' }, '10s:100 20s:1000 60s:1000 10s:0', 'the hold is what is resized'],
    [{ users: '50', duration: '2m' }, '10s:5 20s:50 120s:50 10s:0', 'both'],
    [{ stage: ['5s:10', '5s:0'] }, '5s:10 5s:0', 'stages in place of the file’s'],
    [
      { stage: ['5s:10', '5s:0'], duration: '3s' },
      '5s:10 3s:10 5s:0',
      'without a hold one is added',
    ],
    [
      { stage: ['1s:4', '1s:8', '1s:8', '3s:8', '1s:2', '4s:2'], duration: '4s' },
      '1s:4 1s:8 0.5s:8 1.5s:8 1s:2 2s:2',
      'several holds in proportion',
    ],
    [
      { stage: ['1s:8', '1s:8', '1s:8', '1s:8'], duration: '1s' },
      '1s:8 0.333s:8 0.334s:8 0.333s:8',
      'to the ms in all',
    ],
    [
      { stage: ['1s:8', '1s:0', '9s:0'], duration: '2s' },
      '1s:8 2s:8 1s:0 9s:0',
      'nobody there is no hold',
    ],
    [{ stage: ['10s:100'], users: '7' }, '10s:7', 'users act on the stages typed'],
  ])('%j gives %s: %s', (flags, expected) => {
    expect(stagesOf(flags)).toBe(expected);
  });

  test('rate and seed', () => {
    expect(changed({ rate: '1000/s' }).rate).toEqual({ kind: 'total', perSec: 1000 });
    expect(changed({ rate: '1/s/user' }).rate).toEqual({ kind: 'per-user', perSec: 1 });
    expect(changed({ seed: 7 }).seed).toBe(7);
  });

  test.each([
    ['1000', 20],
    ['30', 15],
    ['1', 0],
  ])('with -u %s the fidelity sample is %i: at most half of the users', (users, expected) => {
    expect(changed({ users }).fidelityUsers).toBe(expected);
  });
});

describe('thresholds', () => {
  const written: Scenario = { ...base, thresholds: ['errors < 5%', 'service.cpu max < 90%'] };

  test('--threshold adds to the defaults, and to written ones', () => {
    expect(changed({ threshold: ['x < 1'] }).thresholds).toEqual([...base.thresholds, 'x < 1']);
    expect(changed({ threshold: ['x < 1'] }, written).thresholds).toEqual([
      ...written.thresholds,
      'x < 1',
    ]);
  });

  test('--no-default-thresholds clears both, and keeps what was typed', () => {
    const flags = { threshold: ['x < 1'], defaultThresholds: false };
    expect(changed(flags).thresholds).toEqual(['x < 1']);
    expect(changed(flags, written).thresholds).toEqual(['x < 1']);
  });

  test('defaults follow what the changed scenario can measure', () => {
    expect(changed({ rate: '0/s' }).thresholds).not.toContain('chat.ack p95 < 30ms');
    expect(overrideScenario(base, { foreignTarget: true }).thresholds).toEqual(
      base.thresholds.filter((text) => !/^service\.|reordered/.test(text)),
    );
    // The message path `adapter` keeps no order; a delivery that comes twice is wrong there too.
    expect(overrideScenario(base, { unordered: true }).thresholds).toEqual(
      base.thresholds.filter((text) => text !== 'ledger.reordered = 0'),
    );
    expect(base.thresholds).toContain('ledger.reordered = 0');
  });

  test('written ones stay as written: the negative control', () => {
    expect(overrideScenario(written, { foreignTarget: true }).thresholds).toEqual(
      written.thresholds,
    );
  });
});

describe('a flag that cannot be used is named with what was expected', () => {
  test.each([
    [{ users: '0' }, '-u 0 cannot be used', 'a whole number of users from 1 to 1000000'],
    [{ users: '-5' }, '-u -5 cannot be used', 'a whole number of users'],
    [{ users: 'NaN' }, '-u NaN cannot be used', 'a whole number of users'],
    [{ users: '1.5' }, '-u 1.5 cannot be used', 'a whole number of users'],
    [{ users: '1e3' }, '-u 1e3 cannot be used', 'a whole number of users'],
    [{ users: '1000001' }, '-u 1000001 cannot be used', 'a whole number of users'],
    [{ users: '' }, '-u  cannot be used', 'a whole number of users'],
    [{ duration: '60' }, '-d 60 cannot be used', 'a time above zero with its unit'],
    [{ duration: '0s' }, '-d 0s cannot be used', 'a time above zero'],
    [{ duration: '-1s' }, '-d -1s cannot be used', 'a time above zero'],
    [{ duration: '9999h' }, '-d 9999h cannot be used', 'a time above zero'],
    [{ rate: '5' }, '--rate 5 cannot be used', 'a rate such as 1000/s'],
    [{ rate: '-5/s' }, '--rate -5/s cannot be used', 'a rate such as 1000/s'],
    [{ rate: '5000/s/user' }, '--rate 5000/s/user cannot be used', 'a rate such as 1000/s'],
    [{ rate: '5/user' }, '--rate 5/user cannot be used', 'a rate such as 1000/s'],
    [{ stage: ['0s:5'] }, '--stage 0s:5 cannot be used', 'a stage such as 10s:100'],
    [{ stage: ['5s:1', '5s'] }, '--stage 5s cannot be used', 'a stage such as 10s:100'],
    [
      { stage: ['5s:0'] },
      '--stage 5s:0 cannot be used',
      'at least one stage with a target above 0',
    ],
    [{ seed: -1 }, '--seed -1 cannot be used', 'a whole number from 0'],
  ])('%j', (flags, message, expected) => {
    let thrown: unknown;
    try {
      parseScenarioFlags(flags);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ code: 2, message });
    expect((thrown as Failure).why).toContain(expected);
  });
});
