/** Whether a query shows nothing because its steps are wider than what it should show. */
import type { Cause } from './cause.ts';

/** Found at the points of a query; the others are found without any. */
const foundAtPoints: readonly Cause['kind'][] = [
  'too-few-samples',
  'nothing-joins',
  'nothing-observed',
  'only-zeros',
  'no-events',
];

/**
 * The cause in place of one that a wide step explains as well; `null` where it does not.
 * @param lastedMs how long what should be seen was there
 */
export function steppedOver(cause: Cause | null, stepMs: number, lastedMs: number): Cause | null {
  if (cause === null || stepMs <= lastedMs || !foundAtPoints.includes(cause.kind)) return null;
  return { kind: 'stepped-over', stepMs, lastedMs };
}
