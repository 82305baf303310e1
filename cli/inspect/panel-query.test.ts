import { describe, expect, test } from 'vitest';

import type { DataSource } from './dashboard.ts';
import { panelQueries } from './panel-query.ts';
import { parseDashboard } from './parse-dashboard.ts';

const source: DataSource = {
  uid: 'prom',
  name: 'P',
  type: 'prometheus',
  isDefault: true,
  scrapeIntervalSec: 2,
};

/** The query of a panel over so many seconds from a moment that is no multiple of a step. */
function queryOver(seconds: number, target: object, panel: object = {}) {
  const dashboard = parseDashboard(
    {
      title: 'D',
      panels: [
        { type: 'timeseries', gridPos: { w: 12, h: 8, x: 0, y: 0 }, targets: [target], ...panel },
      ],
    },
    'd.json',
  );
  const window = { fromMs: 1_000_001, toMs: 1_000_001 + seconds * 1000 };
  const [query] = dashboard.panels.flatMap((one) => panelQueries(one, {}, window, [source]));
  if (query === undefined) throw new Error('no query');
  return query;
}

describe('a query as Grafana sends it', () => {
  const rows: readonly [string, number, object, object, string, number][] = [
    ['a minute: the scrape interval', 60, {}, {}, 'rate(x[8s]) 2s 60s', 2000],
    ['an hour: 800 points', 3600, {}, {}, 'rate(x[8s]) 5s 3600s', 5000],
    ['a day', 86_400, {}, {}, 'rate(x[122s]) 2m 86400s', 120_000],
    ['a least step of the query', 60, { interval: '10s' }, {}, 'rate(x[40s]) 10s 60s', 10_000],
    // A panel's least step is not taken for the scrape interval; a query's own is.
    ['of the panel', 60, {}, { interval: '>5s' }, 'rate(x[8s]) 5s 60s', 5000],
    ['of both', 60, { interval: '4s' }, { interval: '9s' }, 'rate(x[16s]) 4s 60s', 4000],
    ['fewer points', 60, {}, { maxDataPoints: 6 }, 'rate(x[12s]) 10s 60s', 10_000],
  ];
  test.each(rows)('%s', (_, seconds, target, panel, expr, stepMs) => {
    const query = queryOver(
      seconds,
      { expr: 'rate(x[$__rate_interval]) $__interval $__range', ...target },
      panel,
    );
    expect([query.expr, query.stepMs]).toEqual([expr, stepMs]);
    expect(query.window.fromMs % stepMs).toBe(0);
    expect(query.window.toMs % stepMs).toBe(0);
  });

  test('$__rate_interval is four scrapes, or a step and a scrape', () => {
    expect(queryOver(3600, { expr: '$__rate_interval' }, { maxDataPoints: 100 }).expr).toBe('32s');
  });

  test('a single value is asked for at the end of the window itself', () => {
    const query = queryOver(60, { expr: 'x', instant: true });
    expect([query.instant, query.window.toMs]).toEqual([true, 1_060_001]);
  });

  test('a Grafana gets its own variables to fill in', () => {
    expect(queryOver(60, { expr: 'rate(x[$__rate_interval])' }).exprForGrafana).toBe(
      'rate(x[$__rate_interval])',
    );
  });
});
