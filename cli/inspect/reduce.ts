/** One figure out of a series, as a panel's `reduceOptions` ask. */
import * as z from 'zod';

import type { Reduce } from './dashboard.ts';

const schema = z.looseObject({
  calcs: z.array(z.string()).default([]),
  values: z.boolean().default(false),
});

const byCalc: Readonly<Record<string, Reduce>> = {
  last: 'last',
  lastNotNull: 'last',
  max: 'max',
  min: 'min',
  mean: 'mean',
  sum: 'sum',
  total: 'sum',
  first: 'first',
  firstNotNull: 'first',
  range: 'range',
  diff: 'diff',
};

/** `last` where nothing, or nothing known, is asked: Grafana's own default. */
export function readReduce(options: unknown): { reduce: Reduce; allValues: boolean } {
  const parsed = schema.safeParse(options ?? {});
  if (!parsed.success) return { reduce: 'last', allValues: false };
  return {
    reduce: byCalc[parsed.data.calcs[0] ?? 'last'] ?? 'last',
    allValues: parsed.data.values,
  };
}

/** `null` where there is no figure. */
export function reduceValues(values: readonly (number | null)[], how: Reduce): number | null {
  const figures = values.filter((value): value is number => value !== null && !Number.isNaN(value));
  const first = figures[0];
  const last = figures.at(-1);
  if (first === undefined || last === undefined) return null;
  switch (how) {
    case 'last':
      return last;
    case 'first':
      return first;
    case 'diff':
      return last - first;
    case 'max':
      return figures.reduce((a, b) => Math.max(a, b));
    case 'min':
      return figures.reduce((a, b) => Math.min(a, b));
    case 'sum':
      return figures.reduce((a, b) => a + b, 0);
    case 'mean':
      return figures.reduce((a, b) => a + b, 0) / figures.length;
    case 'range':
      return figures.reduce((a, b) => Math.max(a, b)) - figures.reduce((a, b) => Math.min(a, b));
  }
}
