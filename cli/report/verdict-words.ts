/** The verdict in words: the one sentence that every renderer puts first. */
import { exitCode } from '../exit-code.ts';
import type { Verdict } from '../verdict/judge.ts';
import { formatDuration, formatObserved, plural } from './format.ts';
import type { Report } from './report.ts';

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

/** Why the verdict is what it is, in one sentence; notes of the judge follow where there are any. */
export function verdictSentence(report: Report): string {
  const reason = reasonOf(report);
  return report.run.partial || report.exitCode === exitCode.interrupted
    ? `Interrupted after ${formatDuration(report.run.durationMs)}; of what was measured: ${lowerFirst(reason)}`
    : reason;
}

function reasonOf(report: Report): string {
  const { thresholds, users } = report;
  const failed = thresholds.filter((one) => one.verdict === 'fail');
  const empty = thresholds.filter((one) => one.verdict === 'no-data');
  const first = failed[0];
  switch (report.verdict) {
    case 'pass':
      return thresholds.length === 1
        ? 'The one threshold held.'
        : `All ${thresholds.length} thresholds held.`;
    case 'fail':
      if (first !== undefined) {
        const rest =
          failed.length > 1 ? `, and ${failed.length - 1} more of ${thresholds.length} failed` : '';
        return `${first.text} does not hold: ${formatObserved(first.observed, first.unit)}${rest}.`;
      }
      if (users.refused > 0 || users.lost > 0) {
        return `The system refused ${plural(users.refused, 'user')} and lost ${plural(users.lost, 'user')}.`;
      }
      return report.notes[0] ?? 'The run did not prove what it had to.';
    case 'no-data':
      if (report.generator.saturated) {
        return 'The load generator was saturated, so the figures say nothing about the system.';
      }
      if (users.attempted === 0) return 'No user was ever attempted.';
      if (report.notes[0] !== undefined && empty.length === 0) return report.notes[0];
      return `${empty.length} of ${thresholds.length} thresholds had too few samples to judge.`;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
