/** Which faults may not be there at the same time, because undoing one would take back the other. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { faultRules } from './fault-options.ts';
import type { Fault, FaultKind } from './fault.ts';

/** Kinds that leave no process on the node while they last. */
const takesDown: ReadonlySet<FaultKind> = new Set(['kill', 'term', 'restart', 'power-loss']);

/**
 * Why `later` cannot be done while `earlier` is there; `undefined` when it can. Faults on edges add
 * up and are taken off one by one, so they clash with nothing.
 */
export function clashOf(
  earlier: Pick<Fault, 'kind' | 'node'>,
  later: Pick<Fault, 'kind' | 'node'>,
): string | undefined {
  if (earlier.node !== later.node) return undefined;
  if (faultRules[earlier.kind].where === 'edge' || faultRules[later.kind].where === 'edge') {
    return undefined;
  }
  if (takesDown.has(earlier.kind)) return `${earlier.node} is down meanwhile`;
  if (earlier.kind === later.kind) return 'undoing the one would undo the other';
  if (earlier.kind === 'bad-config' && takesDown.has(later.kind)) {
    return `${earlier.node} could not start again from its broken file`;
  }
  return undefined;
}

/** The first pair that clashes, as a sentence about the later of the two; `undefined`: none does. */
export function overlapProblem(
  faults: readonly Fault[],
): { readonly fault: Fault; readonly why: string } | undefined {
  const inTime = faults.toSorted((one, other) => one.atMs - other.atMs);
  for (const [i, later] of inTime.entries()) {
    for (const earlier of inTime.slice(0, i)) {
      // One that is over at once still cannot be done twice in the same moment.
      const endMs = earlier.atMs + Math.max(1, earlier.forMs ?? 0);
      const clash = later.atMs < endMs ? clashOf(earlier, later) : undefined;
      if (clash === undefined) continue;
      const until = `${earlier.text} is there until ${(earlier.atMs + (earlier.forMs ?? 0)) / 1000} s`;
      return { fault: later, why: `${until}, and ${clash}` };
    }
  }
  return undefined;
}

/** @throws Failure `usage` for faults that clash. */
export function checkNoOverlap(faults: readonly Fault[]): void {
  const problem = overlapProblem(faults);
  if (problem === undefined) return;
  throw new Failure(
    exitCode.usage,
    `the fault ${JSON.stringify(problem.fault.text)} cannot be used`,
    { why: problem.why, next: 'let it begin later (at=…), or do it in a run of its own' },
  );
}
