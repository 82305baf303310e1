import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { faultKinds } from '../cli/scenario/fault.ts';
import { parseFault } from '../cli/scenario/parse-fault.ts';
import { alertRuleGroups } from './alert-rules.ts';
import { defaultAlertSettings } from './alert-settings.ts';
import { faultAlerts, faultAlertTable, machineAlerts } from './fault-alerts.ts';

test('the table names rules that there are, and a fault of every kind', () => {
  const known = new Set(
    alertRuleGroups(defaultAlertSettings).flatMap(({ rules }) => rules.map(({ alert }) => alert)),
  );
  const named = [...faultAlerts.flatMap(({ alerts }) => alerts), ...machineAlerts];
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  const kinds = new Set(faultAlerts.map(({ fault }) => fault.split('@')[0]));
  expect(faultKinds.filter((kind) => !kinds.has(kind))).toEqual([]);
});

test('every fault of the table can be given to failover-test', () => {
  for (const { fault } of faultAlerts)
    expect(() => parseFault(fault, { atMs: 0, forMs: 0 }), fault).not.toThrow();
  expect(() => parseFault('cut@nginx-ws-1,for=15s,bytes=20000', { atMs: 0, forMs: 0 })).toThrow(
    'cannot be used',
  );
});

test('docs/alerts.md has the table as it is here', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'alerts.md'), 'utf8');
  const told = text.split('\n').filter((line) => line.startsWith('| '));
  const flat = (line: string): string => line.replaceAll(/\s+/g, ' ').replaceAll(/-{2,}/g, '---');
  expect(told.map(flat)).toEqual(faultAlertTable().map(flat));
});

test('a death or a stall is told once, as that of a server, of Redis or of nginx', () => {
  for (const { fault, alerts } of faultAlerts.filter((row) => /^(kill|pause)@/.test(row.fault))) {
    const deaths = alerts.filter((name) => /^(Server|Redis|LoadBalancer)Down$/.test(name));
    expect(deaths, fault).toHaveLength(1);
  }
});
