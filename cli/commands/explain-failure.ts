/** How a {@link Failure} is printed: what, why, the evidence, the next command. */
import type { Failure } from '../failure.ts';

/** Lines for stderr, the last one ended. */
export function explainFailure(failure: Failure): string {
  const lines = [`rtops: ${failure.message}`];
  if (failure.why !== undefined) lines.push(`  why: ${failure.why}`);
  const evidence = failure.evidence.flatMap((text) => text.trimEnd().split(/\r?\n/));
  for (const line of evidence) lines.push(`  | ${line}`);
  if (failure.next !== undefined) lines.push(`  next: ${failure.next}`);
  return `${lines.join('\n')}\n`;
}
