/** From a summary and the thresholds to a verdict of three values. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Summary } from '../samples/summary.ts';
import { findBottleneck, machineShared } from './bottleneck.ts';
import { faultProblems } from './fault-validity.ts';
import { generatorLateness } from './generator-lateness.ts';
import { judgeThreshold } from './judge-threshold.ts';
import type { Threshold } from './threshold.ts';

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

export type Judgement = {
  readonly verdict: Verdict;
  /** 0, 99 or 122. That a cut-short run ends with 105 is the command's to say. */
  readonly exitCode: ExitCode;
  readonly thresholds: readonly ThresholdResult[];
  /** Sentences that qualify the verdict, the weightiest first. */
  readonly notes: readonly string[];
  /** Why the whole run is invalid, so that its figures can fail nothing. */
  readonly invalid?: string;
  /** Why no threshold of this run is a pass, whatever its figure: it ends with one of the notes. */
  readonly unproved?: string;
};

export type JudgeContext = {
  readonly cores: number;
  /** Whether clients and system share the machine, so that no network was measured. Default: yes. */
  readonly loopback?: boolean;
};

/**
 * Validity first: what a saturated generator measured, or a load that was never brought, cannot
 * fail a system and cannot pass it (no-data, 122). Then the users: whoever the system refused or
 * lost is a fail (99) with or without thresholds. Then each threshold. A run whose faults prove
 * nothing (they did not bite, nothing was steady before, the log was not read), or that was cut
 * short, cannot pass. Nor can a threshold of any of these: its row keeps its figure and says why.
 */
export function judge(
  summary: Summary,
  thresholds: readonly Threshold[],
  { cores, loopback = true }: JudgeContext,
): Judgement {
  const { users } = summary;
  // The bottleneck's sentence is the lateness, with what the machine did meanwhile.
  const invalid =
    generatorLateness(summary) === undefined ? undefined : findBottleneck(summary, cores).evidence;
  const shared = machineShared(summary, cores);
  const faulty = faultProblems(summary);
  const unproved = unprovedBecause(summary, invalid, faulty);
  const results = thresholds
    .map((threshold) => judgeThreshold(threshold, summary, { loopback, invalid }))
    .map((row) => withoutPass(row, unproved))
    // It stays a fail; who reads it must know what else there was.
    .map((row) => (isExplained(row, shared) ? { ...row, why: `${row.why}; ${shared}` } : row));
  const notes: string[] = invalid === undefined ? [] : [invalid];
  const verdicts = results.map(({ verdict }) => verdict);
  if (invalid !== undefined) verdicts.push('no-data');
  if (users.refused > 0) {
    notes.push(`the system refused ${count(users.refused, 'user')} of ${number(users.attempted)}`);
  }
  if (users.lost > 0) {
    notes.push(`the system lost ${count(users.lost, 'user')}: thrown off, and not back at the end`);
  }
  if (invalid === undefined && users.refused + users.lost > 0) verdicts.push('fail');
  if (thresholds.length === 0) {
    notes.push('there is no threshold to hold the run against, so it cannot pass');
    verdicts.push('no-data');
  }
  if (summary.partial) {
    notes.push(cutShort);
    verdicts.push('no-data');
  }
  if (!summary.finalRead.done) {
    notes.push(`the log was not read at the end: ${summary.finalRead.why ?? 'no reason is known'}`);
  }
  if (faulty.length > 0) {
    notes.push(...faulty);
    verdicts.push('no-data');
  }
  if (invalid === undefined && results.some((row) => isExplained(row, shared))) {
    notes.push(`of the latencies that failed: ${shared}`);
  }
  const verdict = worst(verdicts);
  return {
    ...{ verdict, exitCode: codeOf(verdict), thresholds: results, notes },
    ...(invalid === undefined ? {} : { invalid }),
    ...(unproved === undefined ? {} : { unproved }),
  };
}

const cutShort =
  'the run was cut short: its figures are of the part that was run, so it cannot pass';

/** The weightiest reason for which no figure of the run can pass; `undefined` in a run that proves what it shows. */
function unprovedBecause(
  { partial }: Summary,
  invalid: string | undefined,
  [faulty]: readonly string[],
): string | undefined {
  if (invalid !== undefined) return `the run is not valid: ${invalid}`;
  if (partial) return cutShort;
  return faulty === undefined ? undefined : `the faults of this run prove nothing: ${faulty}`;
}

/** A row of a run that proves nothing keeps its figure and is no pass. */
export function withoutPass(row: ThresholdResult, unproved: string | undefined): ThresholdResult {
  if (row.verdict !== 'pass' || unproved === undefined) return row;
  return { ...row, verdict: 'no-data', why: `${row.why}, but ${unproved}` };
}

/** A latency that failed where the machine had a part in it. */
function isExplained({ verdict, unit }: ThresholdResult, shared: string | undefined): boolean {
  return verdict === 'fail' && unit === 'ms' && shared !== undefined;
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('no-data') ? 'no-data' : 'pass';
}

function codeOf(verdict: Verdict): ExitCode {
  switch (verdict) {
    case 'pass':
      return exitCode.pass;
    case 'fail':
      return exitCode.failed;
    case 'no-data':
      return exitCode.noVerdict;
  }
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}
