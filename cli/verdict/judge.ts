/** From a summary and the thresholds to a verdict of three values. */

/** `no-data` is not a pass. Overall, fail beats no-data beats pass. */
export type Verdict = 'pass' | 'fail' | 'no-data';

export type ThresholdResult = {
  /** As written. */
  readonly text: string;
  readonly metric: string;
  /** `null` when there is nothing to observe. */
  readonly observed: number | null;
  readonly bound: number;
  readonly unit: string;
  readonly samples: number;
  readonly verdict: Verdict;
  /** One sentence: what was observed against what, and what loopback hides. */
  readonly why: string;
};
