/** How what was thrown is printed: of a {@link Failure} what, why, the evidence, the next command. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';

/** Lines for stderr, the last one ended. */
export function explainFailure(failure: Failure): string {
  const lines = [`rtops: ${failure.message}`];
  if (failure.why !== undefined) lines.push(`  why: ${failure.why}`);
  const evidence = failure.evidence.flatMap((text) => text.trimEnd().split(/\r?\n/));
  for (const line of evidence) lines.push(`  | ${line}`);
  if (failure.next !== undefined) lines.push(`  next: ${failure.next}`);
  return `${lines.join('\n')}\n`;
}

/**
 * The same of anything thrown, and the exit code. What is no failure is a bug, with its stack. Where
 * clearing up failed as well, both are told, and the code is that of the first.
 */
export function explainThrown(thrown: unknown): { readonly text: string; readonly code: ExitCode } {
  if (thrown instanceof Failure) return { text: explainFailure(thrown), code: thrown.code };
  if (thrown instanceof SuppressedError) {
    const first = explainThrown(thrown.suppressed);
    return { text: first.text + explainThrown(thrown.error).text, code: first.code };
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return {
    text: `rtops: internal error. This is a bug; please report it with what follows.\n${stack}\n`,
    code: exitCode.internal,
  };
}
