/** What a metric is: its statistics, their units, and how each is read from a {@link Summary}. */
import type { Summary } from '../samples/summary.ts';

/** A unit of a bound; `''` is a plain number. Shares and CPU are percent, 100 = the whole or one core. */
export type MetricUnit = 'ms' | '%' | 'MB' | '/s' | '';

/** What was seen of a metric. */
export type Observation = {
  /** `null`: there is nothing to observe. */
  readonly value: number | null;
  /** How many measurements stand behind the value. */
  readonly samples: number;
  /** Samples below which the value says nothing. */
  readonly leastSamples: number;
  /** What the samples are, or why there are none: for the sentence of a `no-data`. */
  readonly note: string;
  /** Whose value it is where a metric has several (the worst process); else `null`. */
  readonly whose: string | null;
  /** Nothing had to be measured, and why: what was asked of it holds of nobody. */
  readonly vacuous?: string;
  /** More samples could only raise the value: above its bound it fails, however few there are. */
  readonly isAtLeast?: boolean;
  /** What a reader must know of the value. */
  readonly aside?: string;
};

export type Statistic = {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly read: (summary: Summary, selector: string | null) => Observation;
};

export type Metric = {
  readonly name: string;
  /** For docs and errors: one line. */
  readonly about: string;
  /** The one with the name `''` needs no statistic. */
  readonly statistics: readonly Statistic[];
  /** Whether `metric[selector]` picks services. */
  readonly selects: boolean;
  /** Counts of things that happened: one above its bound is proof, however few were looked at. */
  readonly isCount: boolean;
};

/** A share in percent, and what it is a share of. */
export function share(
  part: number,
  whole: number,
): { value: number; samples: number; leastSamples: number } {
  return { value: whole === 0 ? 0 : (100 * part) / whole, samples: whole, leastSamples: 1 };
}

/** There is nothing to observe, and why. */
export function nothing(note: string): Observation {
  return { value: null, samples: 0, leastSamples: 1, note, whose: null };
}
