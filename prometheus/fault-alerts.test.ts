import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { faultKinds } from '../cli/scenario/fault.ts';
import { alertRuleGroups } from './alert-rules.ts';
import { defaultAlertSettings } from './alert-settings.ts';
import { faultAlerts, faultAlertTable, perhapsList } from './fault-alerts.ts';

test('the table names rules that there are, and a fault of every kind but one', () => {
  const known = new Set(
    alertRuleGroups(defaultAlertSettings).flatMap(({ rules }) => rules.map(({ alert }) => alert)),
  );
  const named = faultAlerts.flatMap(({ alerts, perhaps }): readonly string[] => [
    ...alerts,
    ...perhaps,
  ]);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  const kinds = new Set(faultAlerts.map(({ fault }) => fault.split('@')[0]));
  // What a slow fsync does depends on the disk and on strace.
  expect(faultKinds.filter((kind) => !kinds.has(kind))).toEqual(['slow-fsync']);
});

test('docs/alerts.md has the table as it is here', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'alerts.md'), 'utf8');
  const told = text.split('\n').filter((line) => line.startsWith('| '));
  const flat = (line: string): string => line.replaceAll(/\s+/g, ' ').replaceAll(/-{2,}/g, '---');
  expect(told.map(flat)).toEqual(faultAlertTable().map(flat));
  for (const line of perhapsList()) expect(text.split('\n')).toContain(line);
});

test('what fires in every case is not called a perhaps, and each perhaps is some row’s', () => {
  const perhaps = new Set<string>(faultAlerts.flatMap((row) => row.perhaps));
  const reasons = perhapsList().map((line) => /^- (\w+):/.exec(line)?.[1]);
  expect(reasons.filter((name) => !perhaps.has(name ?? ''))).toEqual([]);
  // A death is told by ServerDown, RedisDown or LoadBalancerDown, never perhaps.
  for (const { fault, alerts } of faultAlerts) {
    if (/^(kill|pause)@/.test(fault)) {
      expect(alerts.filter((name) => /^(Server|Redis|LoadBalancer)Down$/.test(name))).toHaveLength(
        1,
      );
    }
  }
});
