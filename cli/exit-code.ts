/**
 * The table of exit codes. Codes that k6 also has keep k6's meaning (99, 104, 105), so that a
 * pipeline which knows k6 reads rtops without a translation.
 */
export const exitCode = {
  /** Every threshold held and the run was valid. */
  pass: 0,
  /** A bug in rtops; the stack is printed. */
  internal: 1,
  /** Bad command line: unknown flag, impossible value, settings that differ from what is up. */
  usage: 2,
  /** A threshold failed, or what was to be proved is disproved. */
  failed: 99,
  /** A scenario or topology file that cannot be read, parsed or validated. */
  badFile: 104,
  /** Ctrl-C or SIGTERM; the report on disk is marked `partial`. */
  interrupted: 105,
  /** A missing binary, a port in use, a service that died at start, another bench at work. */
  notReady: 120,
  /** The target does not answer, or answers as something else. */
  unhealthy: 121,
  /** No verdict: the generator was saturated, there was no data, the fault did not bite. */
  noVerdict: 122,
} as const;

/** One of the codes in {@link exitCode}. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
