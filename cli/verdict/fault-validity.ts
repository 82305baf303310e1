/** Whether a run with faults proves anything. */
import type { Summary } from '../samples/summary.ts';

/** Why it does not, the weightiest first; empty for a valid run, and for a bench. */
export function faultProblems({ impact, finalRead }: Summary): readonly string[] {
  if (impact === undefined || impact.planned === 0) return [];
  const { faults, planned, baseline } = impact;
  const problems: string[] = [];
  if (faults.length < planned) {
    problems.push(
      `only ${faults.length} of ${planned} faults were done, so the run proves nothing`,
    );
  }
  for (const { kind, node, unfelt, due, acked } of faults) {
    if (unfelt !== null) problems.push(`${kind}@${node} did not bite: ${unfelt}`);
    if (due === 0) {
      problems.push(`no message was due during ${kind}@${node}, so nothing was put to the test`);
    } else if (acked === 0) {
      problems.push(`nothing was acked during ${kind}@${node} or in the 10 s after it`);
    }
  }
  if (baseline.unsteady !== null) problems.push(`no steady state: ${baseline.unsteady}`);
  if (!finalRead.done) {
    problems.push('without the final read of the log nothing is proved of acked messages');
  }
  return problems;
}
