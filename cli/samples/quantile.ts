/** Quantiles of a handful of values that are all there: one a client, one a message. */

export type FourQuantiles = {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** The value at rank ⌈q·n⌉ of values sorted upwards (nearest rank); 0 of none. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  const rank = Math.ceil(q * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] ?? 0;
}

/** The four quantiles of values in ms, in any order, to the µs; all 0 of none. */
export function fourQuantiles(values: readonly number[]): FourQuantiles {
  const sorted = values.map((ms) => Math.round(ms * 1000) / 1000).toSorted((a, b) => a - b);
  return {
    p50: quantileOf(sorted, 0.5),
    p95: quantileOf(sorted, 0.95),
    p99: quantileOf(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}
