import { describe, expect, test } from 'vitest';

import { interpolate, literally } from './interpolate.ts';
import type { Scope } from './interpolate.ts';

const scope: Scope = {
  one: { values: ['a.b'], literal: null, asRegex: false },
  many: { values: ['ws-1', 'a.b'], literal: null, asRegex: true },
  single: { values: ['a.b'], literal: null, asRegex: true },
  all: literally('.*'),
  quote: { values: ['say "x"'], literal: null, asRegex: false },
};

describe('variables in a query', () => {
  const rows: readonly [string, string][] = [
    ['x{a="$one"}', 'x{a="a.b"}'],
    ['x{a="${one}"}', 'x{a="a.b"}'],
    ['x{a="[[one]]"}', 'x{a="a.b"}'],
    // Grafana doubles the backslash: it stands within a PromQL string.
    ['x{a=~"$many"}', 'x{a=~"(ws-1|a\\\\.b)"}'],
    ['x{a=~"$single"}', 'x{a=~"a\\\\.b"}'],
    ['x{a=~"${many:regex}"}', 'x{a=~"(ws-1|a\\.b)"}'],
    ['x{a=~"${many:pipe}"}', 'x{a=~"ws-1|a.b"}'],
    ['[[many:pipe]]', 'ws-1|a.b'],
    ['${many:csv}', 'ws-1,a.b'],
    ['${many:json}', '["ws-1","a.b"]'],
    ['${many:glob}', '{ws-1,a.b}'],
    ['x{a=~"$all"}', 'x{a=~".*"}'],
    ['x{a="$quote"}', 'x{a="say \\"x\\""}'],
    ['label_replace(x, "b", "$1", "a", "(.*)")', 'label_replace(x, "b", "$1", "a", "(.*)")'],
    ['$oneself', '$oneself'],
  ];
  test.each(rows)('%s becomes %s', (text, expected) => {
    expect(interpolate(text, scope).text).toBe(expected);
  });

  test('in a title they are written for people', () => {
    expect(interpolate('Of $single and $many', scope, 'text').text).toBe('Of a.b and ws-1 + a.b');
  });

  test('a name no variable has is told, a group of label_replace is not', () => {
    expect(interpolate('$gone + $one + "$1"', scope)).toEqual({
      text: '$gone + a.b + "$1"',
      unknown: ['gone'],
    });
  });
});
