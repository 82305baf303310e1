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
