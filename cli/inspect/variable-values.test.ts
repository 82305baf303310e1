import { describe, expect, test } from 'vitest';

import type { Variable } from './dashboard.ts';
import { interpolate, literally } from './interpolate.ts';
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
    ['as people count', '', 7, ['a1', 'b2', 'b10']],
    ['as people count, the other way', '', 8, ['b10', 'b2', 'a1']],
    ['those a pattern keeps, whole', '/^b/', 0, ['b2', 'b10']],
    ['those a bare pattern fits from end to end', 'b.', 0, ['b2']],
    ['nothing, where the pattern is none', '/(/', 0, []],
    ['nothing, where its flags are none', '/b/x', 0, []],
    ['the group of a pattern', '/^b(.*)/', 0, ['2', '10']],
    ['a named group', '/^(.)(?<value>.*)/', 0, ['2', '10', '1']],
    ['each match of a global pattern', '/([a-z]|[0-9])/g', 0, ['b', '2', '1', '0', 'a']],
  ];
  test.each(rows)('%s', (_, regex, sort, expected) => {
    expect(queryOptions(['b2', 'b10', 'a1'], { regex, sort }).map(({ value }) => value)).toEqual(
      expected,
    );
  });
});

test('numbers are read as digits: ws-2 is before ws-10, and what has none is first', () => {
  const sorted = (sort: number) =>
    queryOptions(['ws-10', 'ws-2', 'edge'], { regex: '', sort }).map(({ value }) => value);
  expect(sorted(3)).toEqual(['edge', 'ws-2', 'ws-10']);
  expect(sorted(4)).toEqual(['ws-10', 'ws-2', 'edge']);
});

test('a group named text is what people read', () => {
  const regex = '/^(?<text>[^:]*):(?<value>.*)/';
  expect(queryOptions(['a:1', 'b:1'], { regex, sort: 0 })).toEqual([{ text: 'a', value: '1' }]);
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

  test('a text box stands for what was typed, else for its default', () => {
    const typed = variable({ type: 'textbox', query: 'default', current: { value: 'typed' } });
    const fresh = variable({ type: 'textbox', query: 'default' });
    const valueOf = (one: Variable) =>
      choose(one, one.kind === 'listed' ? one.options : [], undefined).values;
    expect([valueOf(typed), valueOf(fresh)]).toEqual([['typed'], ['default']]);
  });

  test('All of its own value is All to people', () => {
    const all = choose(variable({ includeAll: true, allValue: '.*' }), options, undefined);
    expect(interpolate('x{a=~"$v"}', { v: all }).text).toBe('x{a=~".*"}');
    expect(interpolate('Of $v', { v: all }, 'text').text).toBe('Of All');
  });

  test('a named option is its value to a query, and its name to people who ask for it', () => {
    const quantile = variable({ type: 'custom', query: 'p50 : 0.5,p95 : 0.95' });
    const chosen = choose(quantile, quantile.kind === 'listed' ? quantile.options : [], ['0.95']);
    expect(interpolate('q($v)', { v: chosen }).text).toBe('q(0.95)');
    expect(interpolate('${v:text} and ${v:raw}', { v: chosen }).text).toBe('p95 and 0.95');
    expect(interpolate('$v', { v: chosen }, 'raw').text).toBe('0.95');
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
