import { parser } from '@prometheus-io/lezer-promql';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { interpolate, literally } from './interpolate.ts';
import { promqlSelectors } from './promql-selectors.ts';

describe('the selectors of an expression', () => {
  const rows: readonly [string, readonly string[]][] = [
    ['up', ['up']],
    ['sum by (job, le) (rate(a_total{x="1"}[5m]))', ['a_total{x="1"}[5m]']],
    ['sum(a) without (x) / on (y) group_left (z) b', ['a', 'b']],
    ['a offset 5m or b @ 1600 unless c', ['a', 'b', 'c']],
    ['{__name__="a",x=~"b|}"}', ['{__name__="a",x=~"b|}"}']],
    ['a{x="say \\"up\\" # no comment"} # up', ['a{x="say \\"up\\" # no comment"}']],
    ['max_over_time(sum(a)[5m:1s])', ['a']],
    ['vector(1) + time() > bool 1e3', []],
    ['histogram_quantile(0.95, b_bucket)', ['b_bucket']],
    ['count(a{}) > inf and 0 * NaN', ['a{}']],
  ];
  test.each(rows)('%s', (expr, expected) => {
    const found = promqlSelectors(expr).map(
      ({ text, range }) => text + (range === null ? '' : `[${range}]`),
    );
    expect(found).toEqual(expected);
  });

  test('names, matchers and texts are read', () => {
    expect(promqlSelectors(`{__name__="a", b!~'c\\d', "d"="e"}`)).toMatchObject([
      {
        metric: 'a',
        matchers: [
          { label: 'b', op: '!~' },
          { label: 'd', op: '=', value: 'e' },
        ],
      },
    ]);
    expect(promqlSelectors('{"quoted.metric", b="c"}')).toMatchObject([
      { metric: 'quoted.metric', matchers: [{ label: 'b', value: 'c' }] },
    ]);
  });

  test('every shipped panel: the same metrics as by the grammar of Prometheus', () => {
    const exprs = shippedExpressions();
    expect(exprs.length).toBeGreaterThan(100);
    for (const expr of exprs) {
      const own = promqlSelectors(expr).map(({ metric }) => metric);
      expect(own, expr).toEqual(metricsByGrammar(expr));
    }
  });
});

function shippedExpressions(): readonly string[] {
  const folder = new URL('../../grafana/dashboards/', import.meta.url);
  const span = literally('10s');
  const scope = {
    __rate_interval: span,
    __range: span,
    __interval: span,
    quantile: literally('0.9'),
  };
  return readdirSync(folder).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const found: string[] = [];
    JSON.parse(text, (key, value: unknown) => {
      if (key === 'expr' && typeof value === 'string' && !value.includes('| json'))
        found.push(value);
      return value;
    });
    return found
      .map((expr) => interpolate(expr, scope).text)
      .filter((expr) => !expr.startsWith('{'));
  });
}

function metricsByGrammar(expr: string): readonly (string | null)[] {
  const names: (string | null)[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.name !== 'VectorSelector') return;
      const name = node.node.getChild('Identifier');
      names.push(name === null ? null : expr.slice(name.from, name.to));
    },
  });
  return names;
}
