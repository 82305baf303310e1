import { describe, expect, test } from 'vitest';

import { annotationEvents } from './annotation-events.ts';
import { formatUnit } from './format-unit.ts';
import { judgeAnnotation } from './judge-annotation.ts';
import { judgeRuleSelector } from './judge-rule.ts';
import type { Setting } from './judge-panel.ts';
import { parseInstant } from './instant.ts';
import { promqlSelectors } from './promql-selectors.ts';
import { readReduce, reduceValues } from './reduce.ts';
import { nameSeries } from './series.ts';
import { fullSetting } from './testing/full-setting.ts';

const without = (need: 'redis' | 'nginx' | 'run'): Setting => ({
  ...fullSetting,
  present: { ...fullSetting.present, [need]: false },
});
const gone = (metric: string) => ({ kind: 'never-created', metric, near: null }) as const;

describe('a selector of a rule that has no series', () => {
  const rows: readonly [string, Setting, string][] = [
    ['shop_gone', fullSetting, 'empty'],
    ['redis_up', without('redis'), 'skipped'],
    ['redis_up', fullSetting, 'empty'],
    ['rtops_server_redis_up', without('redis'), 'skipped'],
    ['rtops_server_redis_up', fullSetting, 'empty'],
    ['rtops_lb_requests_total', without('nginx'), 'skipped'],
    ['rtops_client_target_rate', without('run'), 'skipped'],
    // The contract says that these come only with the trouble.
    ['rtops_client_refused_total', fullSetting, 'healthy'],
    ['ALERTS{alertname="X"}', fullSetting, 'healthy'],
  ];
  test.each(rows)('%s', (expr, given, verdict) => {
    const [selector] = promqlSelectors(expr);
    if (selector === undefined) throw new Error('no selector');
    expect(judgeRuleSelector(selector, gone('x'), given).verdict).toBe(verdict);
  });

  test('a label’s value that the contract knows may still come, one it does not know never will', () => {
    const judged = ['forced close', 'bored'].map((reason) => {
      const wanted = `reason="${reason}"`;
      const cause = { kind: 'label-mismatch', metric: 'x', wanted, values: [] } as const;
      const [selector] = promqlSelectors(`rtops_server_disconnections_total{reason="${reason}"}`);
      return selector === undefined ? '' : judgeRuleSelector(selector, cause, fullSetting).verdict;
    });
    expect(judged).toEqual(['healthy', 'empty']);
  });
});

describe('annotations', () => {
  test('a fault without a band is wrong, and a calm run without one is not', () => {
    const verdict = (events: number, hadFault: boolean) =>
      judgeAnnotation('rtops_fault_active == 1', events, { ...fullSetting, hadFault }).verdict;
    expect([verdict(0, true), verdict(0, false), verdict(1, true)]).toEqual([
      'empty',
      'healthy',
      'ok',
    ]);
  });

  test('samples no further apart than a step are one band, zeros end it', () => {
    const annotation = {
      name: 'N',
      expr: 'x',
      enabled: true,
      color: 'red',
      step: '2s',
      titleFormat: '{{kind}}@{{gone}}',
      textFormat: '',
      datasource: null,
    };
    const points = [
      [0, 1],
      [2000, 1],
      [4000, 0],
      [6000, 1],
      [20_000, 1],
      [30_000, -1],
    ] as const;
    const events = annotationEvents(annotation, [{ labels: { kind: 'kill' }, points }], 2000);
    expect(events.map(({ fromMs, toMs, title }) => [fromMs, toMs, title])).toEqual([
      [0, 2000, 'kill@'],
      [6000, 6000, 'kill@'],
      [20_000, 20_000, 'kill@'],
    ]);
  });
});

test('a series comes to one figure', () => {
  const figure = (calc?: string) =>
    reduceValues(
      [4, null, 9, NaN, 6],
      readReduce(calc === undefined ? {} : { calcs: [calc] }).reduce,
    );
  expect(['first', 'lastNotNull', 'max', 'min', 'sum', 'range', 'diff'].map(figure)).toEqual([
    4, 6, 9, 4, 19, 5, 2,
  ]);
  expect(figure()).toBe(6);
  expect(reduceValues([NaN, null], 'last')).toBeNull();
});

test('series are named by their legend, else by what tells them apart', () => {
  const series = ['a', 'b'].map((instance) => ({ labels: { job: 'j', instance }, points: [] }));
  const names = (legendFormat: string) =>
    nameSeries([{ legendFormat, series }])[0]?.map(({ name }) => name);
  expect(names('{{job}} of {{ instance }}{{gone}}')).toEqual(['j of a', 'j of b']);
  expect(names('__auto')).toEqual(['a', 'b']);
  expect(names('')).toEqual(['{instance="a", job="j"}', '{instance="b", job="j"}']);
  const up = { labels: { job: 'j', __name__: 'up' }, points: [] };
  expect(nameSeries([{ legendFormat: '', series: [up] }])[0]?.[0]?.name).toBe('up{job="j"}');
  expect(
    nameSeries([{ legendFormat: '', series: [{ labels: {}, points: [] }] }])[0]?.[0]?.name,
  ).toBe('Value');
});

describe('figures in units', () => {
  const rows: readonly [number | null, string, string][] = [
    [0.0123, 's', '12.3 ms'],
    [0.00042, 's', '420 µs'],
    [300, 's', '5 min'],
    [0.5, 'percentunit', '50%'],
    [1536, 'bytes', '1.5 KiB'],
    [1500, 'Bps', '1.5 kB/s'],
    [0.025, 'suffix: cores', '0.025 cores'],
    [12_345, 'short', '12.3 K'],
    [200, 'reqps', '200/s'],
    [0.00004, 'reqps', '0.00004/s'],
    [0.9996, 'percentunit', '99.96%'],
    [0.0004, 'percent', '0.0004%'],
    [0.29, 'percentunit', '29%'],
    [1, 'percentunit', '100%'],
    [1.0004, 'percentunit', '100%'],
    [0, 's', '0 s'],
    [null, 's', '–'],
    [Infinity, 's', '∞'],
  ];
  test.each(rows)('%s in %s: %s', (value, unit, text) => {
    expect(formatUnit(value, unit, null)).toBe(text);
  });
});

describe('moments', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const rows: readonly [string, number | undefined][] = [
    ['now', now],
    ['now-90s', now - 90_000],
    ['now-1h30m', now - 5_400_000],
    ['1700000000000', 1_700_000_000_000],
    ['1700000000', 1_700_000_000_000],
    ['2026-11-21T12:00:00', now],
    ['2026-11-21T13:00:00+01:00', now],
    ['noon', undefined],
    ['now-soon', undefined],
  ];
  test.each(rows)('%s', (text, expected) => {
    expect(parseInstant(text, now)).toBe(expected);
  });
});
