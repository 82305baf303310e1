/** Every rule through the real promtool. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';

import { latencyBuckets, metricFamilies } from '../server/metric-contract.ts';
import { alertRuleGroups, alertRules } from './alert-rules.ts';
import { defaultAlertSettings } from './alert-settings.ts';
import { drillAlert } from './drill-alert.ts';
import { scrapeIntervalSec } from './scrape-config.ts';
import { firingWithoutSeries } from './testing/node-cases.ts';
import { casesOf, ruleCases } from './testing/rule-cases.ts';
import { noSeriesTestFile, ruleTestFile } from './testing/rule-test-file.ts';
import type { RuleCase } from './testing/rule-test-file.ts';

const rules = alertRuleGroups(defaultAlertSettings).flatMap((group) => group.rules);
const names = [...new Set(rules.map(({ alert }) => alert))];

describe('the rules', () => {
  test('pass promtool with every lint', () => {
    const dir = folder({ 'rules.yml': alertRules(defaultAlertSettings) });
    const { said, code } = promtool(dir, [
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      'rules.yml',
    ]);
    expect(code, said).toBe(0);
    expect(said).toContain(`${rules.length} rules found`);
  });

  test('fire, are quiet just below, resolve, and bear counters that begin again', () => {
    const { said, code } = testCases(ruleCases);
    expect(code, said).toBe(0);
    // Half an hour of samples of each rule: 8 s of CPU, on a machine that tests share.
  }, 90_000);

  test('with no series at all only the Watchdog and ServerMissing fire', () => {
    const firing = Object.fromEntries(
      names.map((alert) => [alert, firingWithoutSeries[alert] ?? 0]),
    );
    const dir = folder({
      'rules.yml': alertRules(defaultAlertSettings),
      'cases.yml': noSeriesTestFile('rules.yml', firing),
    });
    const { said, code } = promtool(dir, ['test', 'rules', 'cases.yml']);
    expect(code, said).toBe(0);
  });

  test('negative control: a case that is not so is found out', () => {
    const wrong = [{ ...ruleCases[0], firing: { 18: 1 } } as RuleCase];
    expect(testCases(wrong).code).not.toBe(0);
  });

  test.each(
    rules.filter(({ alert }) => alert !== 'Watchdog').map((rule) => [rule.alert, rule] as const),
  )('%s has a case in which it fires and falls, and one in which it is quiet', (_, rule) => {
    const own = casesOf(rule);
    const fires = own.filter((one) => Object.values(one.firing).some((count) => count > 0));
    expect(fires).not.toEqual([]);
    expect(fires.some((one) => Object.values(one.firing).at(-1) === 0)).toBe(true);
    expect(own.some((one) => Object.values(one.firing).every((count) => count === 0))).toBe(true);
  });
});

test('no window is shorter than four scrapes', () => {
  const windows = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/\[(\d+)(s|m)\]/g)].map(
      ([, count, unit]) => Number(count) * (unit === 'm' ? 60 : 1),
    ),
  );
  expect(windows.length).toBeGreaterThan(20);
  expect(Math.min(...windows)).toBeGreaterThanOrEqual(4 * scrapeIntervalSec);
});

test('every name of ours is in the contract, with labels it has', () => {
  const known = new Set(
    metricFamilies.flatMap(({ name, kind }) =>
      kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  );
  const used = rules.flatMap(({ expr }) =>
    [...expr.matchAll(/\brtops_\w+/g)].map(([name]) => name),
  );
  expect(used.length).toBeGreaterThan(30);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
  for (const bound of expressionBounds()) expect(latencyBuckets).toContain(bound);
});

test('runbooks lead to a section of docs/alerts.md, and the fire drill has one', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'alerts.md'), 'utf8');
  const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([...names, drillAlert]);
});

test('the committed copy is what the code says', () => {
  const committed = join(import.meta.dirname, 'rules', 'rtops.yml');
  // Its quotes are the formatter's.
  expect(parse(readFileSync(committed, 'utf8'))).toEqual(parse(alertRules(defaultAlertSettings)));
});

test('an alert links to the dashboard of its topology; one that has none, to the dashboard as it opens', () => {
  const link = 'http://127.0.0.1:3000/d';
  const series = (name: string, value: number) => ({
    series: `up{job="rtops-server", topology="scaled", instance="${name}"}`,
    values: `${value}x30`,
  });
  const dir = folder({
    'rules.yml': alertRules(defaultAlertSettings),
    'cases.yml': stringify({
      rule_files: ['rules.yml'],
      evaluation_interval: '2s',
      tests: [
        {
          interval: '2s',
          input_series: [series('api-1', 1), series('api-2', 1), series('ws-1', 0)],
          promql_expr_test: [],
          alert_rule_test: [
            expected('ServerDown', 'ws-1', { topology: 'scaled' }, [
              `${link}/rtops-socketio?orgId=1&var-topology=scaled`,
              'ws-1 is down',
              'ws-1 of scaled has not answered a scrape for 10 s: dead, stopped, or its event loop stands still.',
            ]),
            expected('ServerMissing', 'ws-2', {}, [
              `${link}/rtops-overview?orgId=1`,
              'ws-2 is not watched',
              'Prometheus has no target ws-2: nothing would tell of its end. Its scrape configuration is not that of what runs.',
            ]),
          ],
        },
      ],
    }),
  });
  const { said, code } = promtool(dir, ['test', 'rules', 'cases.yml']);
  expect(code, said).toBe(0);
});

function expected(
  alertname: string,
  instance: string,
  labels: Readonly<Record<string, string>>,
  [dashboard, summary, description]: readonly [string, string, string],
) {
  const runbook = `docs/alerts.md#${alertname.toLowerCase()}`;
  return {
    eval_time: '30s',
    alertname,
    exp_alerts: [
      {
        exp_labels: { job: 'rtops-server', severity: 'critical', instance, ...labels },
        exp_annotations: { dashboard, summary, description, runbook },
      },
    ],
  };
}

test('the settings reach the rules', () => {
  const text = alertRules({
    connections: 8000,
    expectedServers: [],
    slowAfterSec: 1,
    grafanaUrl: null,
    runbookUrl: 'https://example.org/runbooks',
  });
  expect(text).toContain('> 8000');
  expect(text).toContain('le=~"1(\\\\.0)?"');
  expect(text).toContain('runbook: https://example.org/runbooks#serverdown');
  expect(text).not.toContain('ServerMissing');
  expect(text).not.toContain('/d/');
  expect(() => parse(text)).not.toThrow();
});

function expressionBounds(): number[] {
  return rules.flatMap(({ expr }) =>
    [...expr.matchAll(/\ble="([\d.]+)"/g)].map(([, bound]) => Number(bound)),
  );
}

/** Each case against the rules of its own name alone: all of them over half an hour take a minute. */
function testCases(some: readonly RuleCase[]) {
  const own = names.filter((name) => some.some(({ alert }) => alert === name));
  const whole = parse(alertRules(defaultAlertSettings)) as {
    groups: { name: string; rules: { alert: string }[] }[];
  };
  const files = own.flatMap((name) => {
    const groups = whole.groups.map((group) => ({
      ...group,
      rules: group.rules.filter(({ alert }) => alert === name),
    }));
    return [
      [`${name}.rules.yml`, stringify({ groups })],
      [
        `${name}.cases.yml`,
        ruleTestFile(
          `${name}.rules.yml`,
          some.filter(({ alert }) => alert === name),
        ),
      ],
    ] as const;
  });
  const dir = folder(Object.fromEntries(files));
  return promtool(dir, ['test', 'rules', ...own.map((name) => `${name}.cases.yml`)]);
}

function folder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-rules-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

function promtool(dir: string, args: readonly string[]) {
  const ended = spawnSync('promtool', args, { cwd: dir, encoding: 'utf8' });
  return { code: ended.status, said: ended.stdout + ended.stderr };
}
