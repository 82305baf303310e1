import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { metricFamilies } from '../server/metric-contract.ts';
import { knownMetrics, wrongWith } from './testing/known-metrics.ts';
import { readPromql, withoutVariables } from './testing/promql-facts.ts';
import { promqlOf, shippedDashboards } from './testing/shipped.ts';
import type { Query } from './testing/shipped.ts';

const queries = shippedDashboards().flatMap(promqlOf);

test('there are enough queries that an empty list of faults means something', () => {
  expect(queries.length).toBeGreaterThanOrEqual(180);
});

describe('the grammar', () => {
  test('every query is PromQL', () => {
    expect(queries.flatMap(syntaxErrors)).toEqual([]);
  });

  const broken = ['sum(up', 'rate(up[$__unknown])', 'sum by instance (up)', 'up{a=}', ''];
  test.each(broken)('negative control: %j is not', (expr) => {
    expect(syntaxErrors({ where: 'planted', expr })).not.toEqual([]);
  });
});

describe('promtool', () => {
  test('takes every query as a recording rule, types included', () => {
    expect(checkRules(queries)).toMatchObject({ code: 0, rules: queries.length });
  });

  test('negative control: a rate over no window is refused, which the grammar allows', () => {
    const planted = { where: 'planted', expr: 'rate(up)' };
    expect(syntaxErrors(planted)).toEqual([]);
    const { code, output } = checkRules([planted]);
    expect(code).not.toBe(0);
    expect(output).toContain('expected type range vector');
  });
});

describe('the metric contract', () => {
  test('every metric, label and value of a query is exposed by somebody, in that form', () => {
    expect(queries.flatMap(contractFaults)).toEqual([]);
  });

  const planted: readonly (readonly [expr: string, fault: RegExp])[] = [
    ['sum(rtops_server_connection)', /nobody exposes it/],
    ['sum(redis_connected_client)', /nobody exposes it/],
    ['sum by (pod) (rtops_server_connections)', /no label pod/],
    ['rtops_server_connections{transport="webtransport"}', /never webtransport/],
    ['rtops_server_connections{job="redis"}', /read by rtops-server/],
    ['sum(rtops_server_events_sent_total)', /without rate/],
    ['rate(rtops_server_connections[8s])', /has no rate/],
    ['rtops_server_event_duration_seconds', /only its parts/],
    ['sum by (le) (rtops_server_connections)', /no label le/],
  ];
  test.each(planted)('negative control: %s', (expr, fault) => {
    expect(contractFaults({ where: 'planted', expr }).join('\n')).toMatch(fault);
  });

  test('every metric of the contract is on some panel', () => {
    const shown = shownMetrics(queries);
    const missing = metricFamilies.map(({ name }) => name).filter((name) => !shown.has(name));
    expect(missing).toEqual([]);
    // Negative control: a metric that only a band asks for would be missing.
    expect(shown.has('rtops_no_such_metric')).toBe(false);
  });

  test('the lists of other programs’ metrics were read from real pages', () => {
    for (const name of ['redis_up', 'nginx_up', 'nodejs_gc_duration_seconds', 'prometheus_ready']) {
      expect(knownMetrics.has(name), name).toBe(true);
    }
    expect(knownMetrics.size).toBeGreaterThanOrEqual(250);
  });
});

function syntaxErrors({ where, expr }: Query): readonly string[] {
  return readPromql(withoutVariables(expr)).errors.map((error) => `${where}: ${error}`);
}

function contractFaults({ where, expr }: Query): readonly string[] {
  return readPromql(withoutVariables(expr))
    .selectors.flatMap(wrongWith)
    .map((fault) => `${where}: ${fault}`);
}

function shownMetrics(asked: readonly Query[]): ReadonlySet<string> {
  const names = asked
    .filter(({ where }) => !/, (band|variable) /.test(where))
    .flatMap(({ expr }) => readPromql(withoutVariables(expr)).selectors)
    .map(({ metric }) => metric);
  return new Set(names.flatMap((name) => [name, name.replace(/_(bucket|sum|count)$/, '')]));
}

type Checked = { readonly code: number; readonly rules: number; readonly output: string };

function checkRules(asked: readonly Query[]): Checked {
  const folder = mkdtempSync(join(tmpdir(), 'rtops-queries-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rules.yml');
  const rules = asked.map(({ where, expr }, at) => ({
    record: `panel:${at}`,
    expr: withoutVariables(expr),
    labels: { where },
  }));
  writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }));
  try {
    const output = execFileSync('promtool', ['check', 'rules', file], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return { code: 0, rules: Number(/(\d+) rules found/.exec(output)?.[1]), output };
  } catch (error) {
    const { status, stderr, stdout } = error as { status: number; stderr: string; stdout: string };
    return { code: status, rules: 0, output: stdout + stderr };
  }
}
