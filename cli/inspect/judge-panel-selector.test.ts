import { describe, expect, test } from 'vitest';

import { causeText } from './cause.ts';
import type { Cause } from './cause.ts';
import { judgePanelSelector } from './judge-panel-selector.ts';
import { promqlSelectors } from './promql-selectors.ts';
import { fullSetting } from './testing/full-setting.ts';

const target = (job: string, instance: string) => ({
  job,
  instance,
  labels: { job, instance, topology: 'scaled' },
  everUp: true,
  wasAsked: true,
  lastError: '',
});
const known = {
  targets: [
    target('rtops-server', 'ws-1'),
    target('rtops-exporter', 'exporter'),
    target('rtops-run', 'run'),
  ],
  declared: new Set(['shop_errors_total']),
};

function judged(expr: string, cause?: Cause): string {
  const [selector] = promqlSelectors(expr);
  if (selector === undefined) throw new Error('no selector');
  const { metric } = selector;
  const given = cause ?? { kind: 'never-created', metric: metric ?? '', near: null };
  const dead = judgePanelSelector(selector, given, fullSetting, known);
  return dead === null ? 'may come' : causeText(dead);
}

describe('a selector of an empty panel', () => {
  test.each([
    'rtops_lb_retries_total{job="rtops-exporter", topology=~"scaled"}',
    'rtops_lb_retries_total{upstream="ws-1"}',
    'rtops_server_ping_rtt_seconds_bucket{le="1"}',
    'rtops_server_disconnections_total{reason=~"forced.*"}',
    'rtops_server_disconnections_total{instance="ws-1"}',
    'ALERTS{alertstate="firing", alertname!="Watchdog", topology=~"scaled|", of="chat"}',
    'shop_errors_total{kind="x"}',
    // A run without faults has none.
    'rtops_fault_active{job="rtops-run", topology=~"scaled"}',
  ])('%s may come', (expr) => {
    expect(judged(expr)).toBe('may come');
  });

  test.each([
    ['rtops_lb_retry_total', 'never created'],
    ['rtops_lb_retries_total{nosuch="x"}', 'the label of nosuch="x"'],
    ['rtops_lb_retries_total{le="1"}', 'the label of le="1"'],
    ['rtops_server_disconnections_total{reason="bored"}', 'reason="bored"'],
    ['rtops_server_disconnections_total{reason=~"bored|tired"}', 'reason=~"bored|tired"'],
    ['rtops_server_disconnections_total{instance="ws-9"}', 'instance="ws-9"'],
    ['rtops_server_disconnections_total{job="rtops-run"}', 'job="rtops-run"'],
    // The contract says that it is never empty.
    ['rtops_server_redis_up', 'never created'],
    ['ALERT{alertname="X"}', 'never created'],
    ['ALERTS{nosuch="x"}', 'nosuch="x"'],
    ['shop_eror_total', 'never created'],
  ])('%s never will: %s', (expr, said) => {
    expect(judged(expr)).toContain(said);
  });

  test('a page that is not read is one, whatever the contract promises', () => {
    const cause = { kind: 'no-target', job: 'rtops-exporter', metric: 'x' } as const;
    expect(judged('rtops_lb_retries_total', cause)).toContain('target not scraped');
  });
});
