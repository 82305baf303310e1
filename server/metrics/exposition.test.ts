import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { latencyBuckets } from '../metric-contract.ts';
import { family } from '../metric-family.ts';
import { seriesOf } from '../testing/metrics-page.ts';
import { familyText } from './exposition.ts';
import { createCounts, createTally } from './tally.ts';

const make = family('rtops-server');
const seconds = make('x_seconds', 'histogram', 'seconds', 'Took.');

describe('a histogram', () => {
  const bucketOf = (value: number): string | undefined => {
    const tally = createTally(latencyBuckets);
    tally.observe(value);
    const series = seriesOf(familyText(seconds, [{ labels: {}, value: tally }]));
    return series.find((one) => one.value === 1)?.labels['le'];
  };

  test.each([
    [0, '0.0005'],
    [0.0005, '0.0005'],
    [0.00051, '0.001'],
    [0.03, '0.03'],
    [0.0300001, '0.05'],
    [15, '15'],
    [15.1, '+Inf'],
    [1e9, '+Inf'],
  ])('counts %d s in the bucket up to %s, the bound included', (value, bound) => {
    expect(bucketOf(value)).toBe(bound);
  });

  test('adds up: each bucket holds those below it, +Inf all, the sum is theirs', () => {
    const tally = createTally([1, 2]);
    for (const value of [0.5, 1, 1.5, 2, 9]) tally.observe(value);
    expect(familyText(seconds, [{ labels: { event: 'a' }, value: tally }])).toBe(
      [
        '# HELP x_seconds Took.',
        '# TYPE x_seconds histogram',
        'x_seconds_bucket{event="a",le="1"} 2',
        'x_seconds_bucket{event="a",le="2"} 4',
        'x_seconds_bucket{event="a",le="+Inf"} 5',
        'x_seconds_sum{event="a"} 14',
        'x_seconds_count{event="a"} 5',
        '',
      ].join('\n'),
    );
  });
});

test('a family without series is not on the page at all', () => {
  expect(familyText(seconds, [])).toBe('');
});

test('text of any kind stays within its quotes and its line, as Prometheus reads it', () => {
  const odd = make('x', 'gauge', 'count', 'Back\\slash\nand "quotes".');
  const labels = { a: 'q"uo\\te\n2', b: '} 7', c: 'ä😀' };
  const page = familyText(odd, [{ labels, value: 1 }]);
  expect(page.split('\n')).toHaveLength(4);
  expect(page).toContain('x{a="q\\"uo\\\\te\\n2",b="} 7",c="ä😀"} 1');
  const lint = (input: string): string =>
    spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' }).stderr;
  expect(lint(page)).not.toContain('error while linting');
  expect(lint('x{a="q"uote"} 1\n')).toContain('error while linting');
});

describe('counts of a closed list', () => {
  test('are there at 0, and what is not on the list is `other`', () => {
    const counts = createCounts(['a', 'b', 'other']);
    expect([...counts.of]).toEqual([
      ['a', 0],
      ['b', 0],
      ['other', 0],
    ]);
    counts.add('b', 3);
    counts.add('c');
    counts.add('__proto__');
    expect([...counts.of.values()]).toEqual([0, 3, 2]);
  });

  test('without `other` never grow', () => {
    const counts = createCounts(['a']);
    counts.add('c');
    expect([...counts.of]).toEqual([['a', 0]]);
  });
});
