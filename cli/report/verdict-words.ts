/** The verdict in words: the one sentence that every renderer puts first. */
import { exitCode } from '../exit-code.ts';
import { endedSentence } from '../verdict/generator-lateness.ts';
import type { ThresholdResult, Verdict } from '../verdict/judge.ts';
import { formatDuration, observedOf, plural } from './format.ts';
import type { Report } from './report.ts';
import { seriesOf } from './run-series.ts';

/** `PASS`, `FAIL` or `NO VERDICT`. */
export function verdictWord(verdict: Verdict): string {
  switch (verdict) {
    case 'pass':
      return 'PASS';
    case 'fail':
      return 'FAIL';
    case 'no-data':
      return 'NO VERDICT';
  }
}

/** A threshold's verdict in a word: it held, it failed, or it has none. */
export function rowWord(verdict: Verdict): string {
  switch (verdict) {
    case 'pass':
      return 'held';
    case 'fail':
      return 'failed';
    case 'no-data':
      return 'no verdict';
  }
}

/**
 * Whether a row says no more than that the run as a whole proves nothing. That stands in the notes
 * already.
 */
export function saysWhatNotesSay(row: ThresholdResult, notes: readonly string[]): boolean {
  return row.verdict === 'no-data' && notes.some((note) => note !== '' && row.why.endsWith(note));
}

/** Why a row is what it is, without what the notes above it say already of the whole run. */
export function rowWhy(row: ThresholdResult, notes: readonly string[]): string {
  const note = notes.find((one) => saysWhatNotesSay(row, [one]));
  if (note === undefined) return row.why;
  const head = row.why.slice(0, -note.length);
  return head.endsWith(': ')
    ? `${head.slice(0, -2)} (see above)`
    : `${head}${note.split(':')[0] ?? ''}`;
}

/** Why the verdict is what it is, in one sentence. */
export function verdictSentence(report: Report): string {
  return report.run.partial || report.exitCode === exitCode.interrupted
    ? interruptedSentence(report)
    : reasonOf(report);
}

/** What the verdict is not of, and the notes that its sentence has not said already, each as a sentence. */
export function furtherNotes(report: Report): readonly string[] {
  const said = verdictSentence(report);
  const series = seriesOf(report);
  return [
    ...(series === undefined ? [] : [series.note]),
    ...report.notes.map(asSentence).filter((note) => note !== said),
  ];
}

function interruptedSentence({ run, thresholds, judged }: Report): string {
  const failed = thresholds.filter((one) => one.verdict === 'fail').length;
  const so =
    failed > 0
      ? `${failed} of ${thresholds.length} thresholds had failed`
      : `none of ${plural(thresholds.length, 'threshold')} had failed`;
  // Nobody interrupted a run that had nowhere left to write to.
  const why = judged.finalRead.why ?? '';
  const after = why.startsWith('the history could not be')
    ? `Stopped after ${formatDuration(run.durationMs)}, ${why}`
    : `Interrupted after ${formatDuration(run.durationMs)}`;
  return thresholds.length === 0 ? `${after}.` : `${after}: ${so} by then.`;
}

function reasonOf(report: Report): string {
  const { thresholds, users, generator, notes } = report;
  const failed = thresholds.filter((one) => one.verdict === 'fail');
  const empty = thresholds.filter((one) => one.verdict === 'no-data');
  const [first] = failed;
  const [note] = notes;
  const wholeRun = notes.find((one) => empty.some((row) => saysWhatNotesSay(row, [one])));
  switch (report.verdict) {
    case 'pass':
      return thresholds.length === 1
        ? 'The one threshold held.'
        : `All ${thresholds.length} thresholds held.`;
    case 'fail':
      if (first !== undefined) {
        const more = failed.length - 1;
        const rest = more > 0 ? `, and ${more} more of ${thresholds.length} failed` : '';
        return `${first.text} does not hold: ${observedOf(first)}${rest}.`;
      }
      return asSentence(note ?? 'the run did not prove what it had to');
    case 'no-data':
      if (generator.endedWorkers.length > 0) return asSentence(endedSentence(generator));
      if (generator.saturated) {
        return 'The load generator was saturated, so the figures say nothing about the system.';
      }
      if (users.attempted === 0) return 'No user was ever attempted.';
      if (wholeRun !== undefined) return asSentence(wholeRun);
      if (empty.length > 0) {
        return `${empty.length} of ${plural(thresholds.length, 'threshold')} could not be judged.`;
      }
      return asSentence(note ?? 'there was too little data to judge');
  }
}

/** A note or evidence as a sentence: the judge writes them without a capital and a stop. */
export function asSentence(note: string): string {
  const text = note.trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
