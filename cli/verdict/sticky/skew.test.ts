import { describe, expect, test } from 'vitest';

import { evenSpreadP } from './chi-square.ts';
import { isSkewed, skewOf } from './skew.ts';

describe('the chance that an even spread looks like this', () => {
  // χ² = 5.991 at 2 degrees of freedom is 0.05 by every table; with 2 it is exp(−χ²/2).
  test.each([
    { name: 'exactly even', counts: [20, 20, 20], p: 1 },
    { name: '2 nodes, χ² 3.841', counts: [100 - 13.859, 100 + 13.859], p: 0.05 },
    { name: '2 nodes, χ² 6.635', counts: [100 - 18.214, 100 + 18.214], p: 0.01 },
    { name: '3 nodes, χ² 2.5', counts: [25, 15, 20], p: Math.exp(-2.5 / 2) },
    { name: '3 nodes, all on one', counts: [60, 0, 0], p: Math.exp(-60) },
  ])('$name: $p', ({ counts, p }) => {
    expect(evenSpreadP(counts)).toBeCloseTo(p, 4);
  });

  test('four and more nodes agree with the tables', () => {
    // χ² 7.815 at 3 and 9.488 at 4 degrees of freedom are 0.05; 18.467 at 4 is 0.001.
    const spreadWith = (nodes: number, chiSquare: number): readonly number[] => {
      const mean = 1000;
      const off = Math.sqrt((chiSquare * mean) / 2);
      return [mean + off, mean - off, ...Array<number>(nodes - 2).fill(mean)];
    };
    expect(evenSpreadP(spreadWith(4, 7.815))).toBeCloseTo(0.05, 4);
    expect(evenSpreadP(spreadWith(5, 9.488))).toBeCloseTo(0.05, 4);
    expect(evenSpreadP(spreadWith(5, 18.467))).toBeCloseTo(0.001, 5);
    expect(evenSpreadP(spreadWith(64, 1))).toBeCloseTo(1, 6);
  });

  test('one node, or nothing at all, is never uneven', () => {
    expect(evenSpreadP([40])).toBe(1);
    expect(evenSpreadP([0, 0])).toBe(1);
  });
});

describe('skew', () => {
  const nodes = ['ws-1', 'ws-2', 'ws-3'];

  test('even: no variation, Jain 1, not skewed', () => {
    const skew = skewOf(nodes, new Map(nodes.map((node) => [node, 10])), 30);
    expect(skew).toMatchObject({ cv: 0, maxOverMean: 1, jain: 1, p: 1 });
    expect(isSkewed(skew)).toBe(false);
  });

  test('all on one: CV √2, max/mean 3, Jain 1/3, skewed', () => {
    const skew = skewOf(nodes, new Map([['ws-2', 60]]), 60);
    expect(skew.cv).toBeCloseTo(Math.SQRT2);
    expect(skew.maxOverMean).toBeCloseTo(3);
    expect(skew.jain).toBeCloseTo(1 / 3);
    expect(skew.perNode[1]).toEqual({ node: 'ws-2', amount: 60 });
    expect(isSkewed(skew)).toBe(true);
  });

  test('ten messages a session are not ten times the evidence', () => {
    const messages = new Map([
      ['ws-1', 240],
      ['ws-2', 200],
      ['ws-3', 160],
    ]);
    expect(isSkewed(skewOf(nodes, messages, 600))).toBe(false);
    expect(skewOf(nodes, messages, 60).p).toBeGreaterThan(0.4);
    expect(skewOf(nodes, messages, 600).p).toBeLessThan(0.001);
  });

  test('nothing anywhere is not skewed', () => {
    expect(isSkewed(skewOf(nodes, new Map(), 0))).toBe(false);
  });
});
