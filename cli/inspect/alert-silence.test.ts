import { expect, test } from 'vitest';

import type { ActiveAlert } from './alert-list.ts';
import { whySilenceIsNoCalm } from './alert-silence.ts';
import type { LoadedRule } from './alert-silence.ts';

function rule(name: string, over: Partial<LoadedRule> = {}): LoadedRule {
  const lastEvaluation = '2026-11-21T21:44:45.774300547Z';
  return { name, type: 'alerting', health: 'ok', lastError: '', lastEvaluation, ...over };
}

const never = '0001-01-01T00:00:00Z';
const watching: ActiveAlert = {
  labels: { alertname: 'Watchdog' },
  annotations: {},
  state: 'firing',
  activeAt: '2026-11-21T21:44:45Z',
};

test.each([
  ['no rule at all', [], [], /no alert rules/],
  ['rules that only record', [rule('job:up', { type: 'recording' })], [], /no alert rules/],
  [
    'a rule that was never evaluated',
    [rule('Watchdog'), rule('ServerDown', { lastEvaluation: never })],
    [watching],
    /^1 of 2 alert rules have not been evaluated yet/,
  ],
  [
    'a rule that cannot be evaluated',
    [rule('Watchdog'), rule('ServerDown', { health: 'err', lastError: 'many-to-many' })],
    [watching],
    /ServerDown cannot be evaluated: many-to-many/,
  ],
  ['a Watchdog that is silent', [rule('Watchdog'), rule('ServerDown')], [], /Watchdog/],
] as const)('%s: silence is no calm', (_, rules, alerts, why) => {
  expect(whySilenceIsNoCalm(rules, alerts)).toMatch(why);
});

test.each([
  ['every rule evaluated, and the Watchdog firing', [rule('Watchdog')], [watching]],
  ['the rules of others, who have no Watchdog', [rule('TheirDown')], []],
] as const)('%s: the list is whole', (_, rules, alerts) => {
  expect(whySilenceIsNoCalm(rules, alerts)).toBeNull();
});
