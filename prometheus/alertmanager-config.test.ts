/** The Alertmanager's configuration through the real amtool. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

import { alertRuleGroups } from './alert-rules.ts';
import { defaultAlertSettings } from './alert-settings.ts';
import { alertmanagerConfig, noReceivers } from './alertmanager-config.ts';
import { drillAlert } from './drill-alert.ts';

const all = {
  slackWebhookUrl: 'https://hooks.test/services/a/b',
  discordWebhookUrl: 'https://discord.test/api/webhooks/1/a',
  webhookUrl: 'https://hooks.test/own',
};
const rules = alertRuleGroups(defaultAlertSettings).flatMap((group) => group.rules);

describe('alertmanager.yml', () => {
  test.each([
    ['no receiver', noReceivers],
    ['Slack', { ...noReceivers, slackWebhookUrl: all.slackWebhookUrl }],
    ['Discord', { ...noReceivers, discordWebhookUrl: all.discordWebhookUrl }],
    ['a webhook', { ...noReceivers, webhookUrl: all.webhookUrl }],
    ['all three', all],
  ])('is accepted with %s', (_, receivers) => {
    const { code, said } = amtool(alertmanagerConfig(receivers), ['check-config']);
    expect(code, said).toBe(0);
    expect(said).toContain('2 receivers');
  });

  test('negative control: a field that 0.25 does not know is refused', () => {
    const text = alertmanagerConfig(all).replace('message:', 'content:');
    expect(amtool(text, ['check-config']).code).not.toBe(0);
  });

  test.each(rules.map(({ alert, severity }) => [alert, severity] as const))(
    '%s (%s) goes where its severity says',
    (alert, severity) => {
      const told = severity === 'critical' || severity === 'warning';
      expect(routeOf(`alertname=${alert}`, `severity=${severity}`)).toBe(told ? 'team' : 'nobody');
    },
    5000,
  );

  test('the drill goes to the team at once, whatever it says', () => {
    expect(routeOf(`alertname=${drillAlert}`, 'severity=info')).toBe('team');
  });

  test('inhibitions name alerts that there are', () => {
    const { inhibit_rules: inhibitions } = parse(alertmanagerConfig(all)) as {
      inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
    };
    const named = inhibitions
      .flatMap((one) => [...one.source_matchers, ...one.target_matchers])
      .flatMap((matcher) => (/"(.*)"/.exec(matcher)?.[1] ?? '').split('|'));
    expect(named.length).toBeGreaterThan(8);
    const known = new Set(rules.map(({ alert }) => alert));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

function routeOf(...labels: readonly string[]): string {
  const { code, said } = amtool(alertmanagerConfig(all), ['config', 'routes', 'test'], labels);
  expect(code, said).toBe(0);
  // What it warns of follows on lines of its own.
  return said.split('\n')[0] ?? '';
}

function amtool(text: string, command: readonly string[], labels: readonly string[] = []) {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-amtool-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'alertmanager.yml');
  writeFileSync(file, text, { mode: 0o600 });
  const args =
    command[0] === 'check-config'
      ? [...command, file]
      : [...command, `--config.file=${file}`, ...labels];
  const ended = spawnSync('amtool', args, { encoding: 'utf8' });
  return { code: ended.status, said: ended.stdout + ended.stderr };
}
