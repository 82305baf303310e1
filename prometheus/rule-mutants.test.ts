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
  const passes = passing(mutants.map(({ rule }) => rule));
  expect(mutants.filter((_, index) => passes[index]).map(nameOf)).toEqual([]);
  // 10 s of CPU, on a machine that tests share.
}, 90_000);

test('negative control: a rule as it is passes', () => {
  expect(passing(rules.filter(({ alert }) => alert === 'ReconnectStorm'))).toEqual([true]);
});

function nameOf({ without, rule }: { without: string; rule: AlertRule }): string {
  return [rule.alert, ...Object.values(rule.labels ?? {}), `without ${without}`].join(' ');
}

/** Of each rule, whether its cases pass against it alone. */
function passing(some: readonly AlertRule[]): readonly boolean[] {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-mutants-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const files = some.map((rule, index) => {
    const { alert, expr, forSec, labels } = rule;
    const wait = forSec === 0 ? {} : { for: `${forSec}s` };
    const groups = [{ name: 'one', rules: [{ alert, expr, ...wait, labels: { ...labels } }] }];
    writeFileSync(join(dir, `${index}.rules.yml`), stringify({ groups }));
    writeFileSync(join(dir, `${index}.yml`), ruleTestFile(`${index}.rules.yml`, casesOf(rule)));
    return `${index}.yml`;
  });
  // It says SUCCESS on one stream and what failed on the other.
  const command = ['-c', 'exec promtool test rules "$@" 2>&1', 'promtool', ...files];
  const { stdout } = spawnSync('/bin/sh', command, { cwd: dir, encoding: 'utf8' });
  const told = stdout.split(/^Unit Testing: +/m).slice(1);
  expect(told.map((one) => one.split('\n')[0])).toEqual(files);
  return told.map((one) => {
    const passes = /^ +SUCCESS$/m.test(one);
    // A mutant that is no rule at all would be found out by nobody's case.
    if (!passes) expect(one).toContain('exp:');
    return passes;
  });
}
