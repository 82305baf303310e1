/** The cases of the rules can go red: no part of a rule can be taken away unnoticed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';

import type { AlertRule } from './alert-rule.ts';
import { alertRuleGroups } from './alert-rules.ts';
import { defaultAlertSettings } from './alert-settings.ts';
import { casesOf } from './testing/rule-cases.ts';
import { mutantsOf } from './testing/rule-mutants.ts';
import { ruleTestFile } from './testing/rule-test-file.ts';

const rules = alertRuleGroups(defaultAlertSettings).flatMap((group) => group.rules);

test('no waiting time, condition or side of an or can be taken away unnoticed', () => {
  const mutants = rules.flatMap((rule) => mutantsOf(rule));
  expect(mutants.length).toBeGreaterThan(40);
  const survivors = mutants.filter(({ rule }) => allPass(rule)).map(nameOf);
  expect(survivors).toEqual([]);
}, 60_000);

test('negative control: a rule as it is passes', () => {
  const rule = rules.find(({ alert }) => alert === 'ReconnectStorm');
  expect(rule !== undefined && allPass(rule)).toBe(true);
});

function nameOf({ without, rule }: { without: string; rule: AlertRule }): string {
  return [rule.alert, ...Object.values(rule.labels ?? {}), `without ${without}`].join(' ');
}

/** The cases of the rule alone, against the rule alone. */
function allPass(rule: AlertRule): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-mutant-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const { alert, expr, forSec, labels } = rule;
  const wait = forSec === 0 ? {} : { for: `${forSec}s` };
  const groups = [{ name: 'one', rules: [{ alert, expr, ...wait, labels: { ...labels } }] }];
  writeFileSync(join(dir, 'rules.yml'), stringify({ groups }));
  writeFileSync(join(dir, 'cases.yml'), ruleTestFile('rules.yml', casesOf(rule)));
  const ended = spawnSync('promtool', ['test', 'rules', 'cases.yml'], {
    cwd: dir,
    encoding: 'utf8',
  });
  // A mutant that is no rule at all would be found out by nobody's case.
  if (ended.status !== 0) expect(ended.stdout + ended.stderr).toContain('exp:');
  return ended.status === 0;
}
