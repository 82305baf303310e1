/** Whether a run with faults proves anything. */
import type { FaultResult } from '../samples/fault-result.ts';
import type { Summary } from '../samples/summary.ts';

/** A fault of less than this may fall between two messages. */
const longEnoughMs = 1000;

/**
 * Why no promise was put to the test by a fault. Where nothing can be acked, as while Redis is down,
 * what counts is that messages which were due meanwhile were acked in the end: they went through it.
 */
function untestedBy(fault: FaultResult): string | null {
  const { due, acked, at, until, dueWithin, answeredWithin, ackedWithin } = fault;
  const name = `${fault.kind}@${fault.node}`;
  if (due === 0) return `no message was due during ${name}, so nothing was put to the test`;
  if (acked === 0) return `nothing was acked during ${name} or in the 10 s after it`;
  if (ackedWithin + answeredWithin > 0) return null;
  if (dueWithin > 0) {
    return `nothing was acked during ${name}, nor later any of the ${dueWithin} messages that were due meanwhile`;
  }
  if (until - at < longEnoughMs) return null;
  return `no message was due while ${name} was there, so nothing was put to the test`;
}

/** Why it does not, the weightiest first; empty for a valid run, and for a bench. */
export function faultProblems({ impact, finalRead }: Summary): readonly string[] {
  if (impact === undefined || impact.planned === 0) return [];
  const { faults, planned, baseline } = impact;
  const problems: string[] = [];
  if (faults.length < planned) {
    problems.push(`only ${faults.length} of ${planned} faults were done`);
  }
  for (const fault of faults) {
    const { kind, node, unfelt } = fault;
    if (unfelt !== null) problems.push(`${kind}@${node} did not bite: ${unfelt}`);
    const untested = untestedBy(fault);
    if (untested !== null) problems.push(untested);
  }
  if (baseline.unsteady !== null) problems.push(`no steady state: ${baseline.unsteady}`);
  if (!finalRead.done) {
    problems.push('without the final read of the log nothing is proved of acked messages');
  }
  return problems;
}
