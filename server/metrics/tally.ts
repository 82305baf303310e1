/** Counting on the hot path: plain numbers, made into Prometheus series when somebody asks. */

/** A histogram as numbers: how many were at or below each bound, the rest, and their sum. */
export type Tally = {
  observe(seconds: number): void;
  readonly bounds: readonly number[];
  /** Per bound, not cumulated; the last one is for what is above them all. */
  readonly counts: Float64Array;
  readonly sum: () => number;
};

/** @param bounds upper bounds in seconds, ascending. */
export function createTally(bounds: readonly number[]): Tally {
  const limits = Float64Array.from(bounds);
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    bounds,
    counts,
    sum: () => sum,
    observe: (seconds) => {
      let at = 0;
      // Most values fall among the first bounds.
      while (at < limits.length && seconds > (limits[at] ?? 0)) at += 1;
      counts[at] = (counts[at] ?? 0) + 1;
      sum += seconds;
    },
  };
}

/** Counts by a closed list of values, each there from the start: `rate()` works from the first event. */
export type Counts = {
  /** A value that is not on the list counts as `other`; dropped where the list has none. */
  add(value: string, by?: number): void;
  readonly of: ReadonlyMap<string, number>;
};

export function createCounts(values: readonly string[]): Counts {
  const of = new Map(values.map((value) => [value, 0]));
  const add = (value: string, by: number): void => {
    const before = of.get(value);
    if (before !== undefined) of.set(value, before + by);
    else if (of.has('other')) add('other', by);
  };
  return { of, add: (value, by = 1) => add(value, by) };
}
