import { describe, expect, test } from 'vitest';

import type { Variable } from './dashboard.ts';
import { literally } from './interpolate.ts';
import { parseDashboard } from './parse-dashboard.ts';
import { choose, queryOptions, variableQuery } from './variable-values.ts';

function variable(raw: object): Variable {
  const { variables } = parseDashboard(
    { title: 'D', templating: { list: [{ name: 'v', type: 'query', query: '', ...raw }] } },
    'd.json',
  );
  const [only] = variables;
  if (only === undefined) throw new Error('no variable');
  return only;
}

const options = ['a', 'b'].map((value) => ({ text: value, value }));

describe('what a query variable asks', () => {
  const scope = { job: literally('shop') };
  const rows: readonly [string, unknown][] = [
    ['label_values(instance)', { kind: 'label-values', label: 'instance', match: null }],
    [
      'label_values(up{job="$job"}, instance)',
      { kind: 'label-values', label: 'instance', match: 'up{job="shop"}' },
    ],
    ['label_values(up{a=~"x,y"},b)', { kind: 'label-values', label: 'b', match: 'up{a=~"x,y"}' }],
    ['label_names()', { kind: 'label-names' }],
    ['metrics(shop_.*)', { kind: 'metric-names', pattern: 'shop_.*' }],
    ['query_result(topk(1, up))', { kind: 'query-result', expr: 'topk(1, up)' }],
    ['instances', { kind: 'unreadable', text: 'instances' }],
  ];
  test.each(rows)('%s', (query, expected) => {
    expect(variableQuery(query, scope)).toEqual(expected);
  });
});

describe('what it lists', () => {
  const rows: readonly [string, string, number, readonly string[]][] = [
    ['as they come', '', 0, ['b2', 'b10', 'a1']],
    ['by the alphabet', '', 1, ['a1', 'b10', 'b2']],
    ['the other way', '', 2, ['b2', 'b10', 'a1']],
    ['by number', '', 3, ['a1', 'b2', 'b10']],
    ['those a pattern keeps', '/^b/', 0, ['b2', 'b10'].map((x) => x.slice(0, 1)).slice(0, 1)],
    ['the group of a pattern', '/^b(.*)/', 0, ['2', '10']],
  ];
  test.each(rows)('%s', (_, regex, sort, expected) => {
    expect(queryOptions(['b2', 'b10', 'a1'], { regex, sort }).map(({ value }) => value)).toEqual(
      expected,
    );
  });
});

describe('what a variable stands for when the dashboard opens', () => {
  const rows: readonly [string, object, object][] = [
    ['what was saved', { current: { value: 'b' } }, { values: ['b'], asRegex: false }],
    ['the first where the saved one is gone', { current: { value: 'z' } }, { values: ['a'] }],
    [
      'All by its own value',
      { includeAll: true, allValue: '.*', current: { value: '$__all' } },
      { literal: '.*' },
    ],
    [
      'All by every option',
      { includeAll: true, current: { value: ['$__all'] } },
      { values: ['a', 'b'], asRegex: true },
    ],
    ['All where nothing was saved', { includeAll: true, allValue: '.+' }, { literal: '.+' }],
    [
      'several',
      { multi: true, current: { value: ['b', 'a'] } },
      { values: ['b', 'a'], asRegex: true },
    ],
  ];
  test.each(rows)('%s', (_, raw, expected) => {
    expect(choose(variable(raw), options, undefined)).toMatchObject(expected);
  });

  test('custom options may have names', () => {
    const parsed = variable({ type: 'custom', query: 'half : 0.5, 0.95' });
    expect(parsed).toMatchObject({
      kind: 'listed',
      options: [
        { text: 'half', value: '0.5' },
        { text: '0.95', value: '0.95' },
      ],
    });
  });
});
