/**
 * The one error type that people are meant to read. Anything else that reaches `main.ts` is a bug
 * and is printed with its stack.
 */
import type { ExitCode } from './exit-code.ts';

/** What, why, the evidence, and the next command. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ExitCode;
  /** One sentence or more: why it happened. */
  readonly why: string | undefined;
  /** Lines that show it: the last output of the process that failed, the line of the file. */
  readonly evidence: readonly string[];
  /** The command, or the edit, that mends it. */
  readonly next: string | undefined;

  constructor(
    code: ExitCode,
    what: string,
    detail: { why?: string; evidence?: readonly string[]; next?: string; cause?: unknown } = {},
  ) {
    super(what, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.why = detail.why;
    this.evidence = detail.evidence ?? [];
    this.next = detail.next;
  }
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The name of `known` that `name` was probably meant to be, for "did you mean …?". `undefined` when
 * none is near: more than a third of the letters would have to change.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, changes and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
