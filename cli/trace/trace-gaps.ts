/** What a run kept and its folder no longer holds whole: a trace says so, and does not guess. */

/** A file that was longer when the run left it; `nowBytes` 0: empty, `undefined`: not there. */
export type ShortFile = {
  readonly name: string;
  readonly keptBytes: number;
  readonly nowBytes: number | undefined;
};

export type TraceGaps = {
  /** A run of a system of ours keeps logs, and there is not even their folder. */
  readonly logsGone: boolean;
  /** By service. */
  readonly logs: readonly ShortFile[];
  /** Bytes at the start of a log that were too many to keep, by service. */
  readonly leftOutBytes: Readonly<Record<string, number>>;
  /** Users wrote a history, and there is not one record of it. */
  readonly historyGone: boolean;
  /** By file. */
  readonly history: readonly ShortFile[];
};

export const noGaps: TraceGaps = {
  ...{ logsGone: false, logs: [], leftOutBytes: {} },
  ...{ historyGone: false, history: [] },
};

/** One sentence a gap. */
export function gapNotes(gaps: TraceGaps): readonly string[] {
  const { logsGone, logs, leftOutBytes, historyGone, history } = gaps;
  const missing = logs.filter(({ nowBytes }) => nowBytes === undefined).map(({ name }) => name);
  return [
    ...(logsGone
      ? ['the run folder holds no logs: they were taken away, or could not be kept']
      : []),
    ...(missing.length === 0
      ? []
      : [`missing from the run folder: the log of ${missing.join(', ')}`]),
    ...logs.flatMap((one) =>
      one.nowBytes === undefined || one.nowBytes === 0
        ? []
        : [`the log of ${one.name} is cut short: ${lackOf(one)}`],
    ),
    ...Object.entries(leftOutBytes).map(
      ([name, bytes]) => `the first ${bytes} bytes of the log of ${name} were too many to keep`,
    ),
    ...(historyGone
      ? ["the history of the run is gone from its folder: users' steps cannot be told"]
      : []),
    ...(historyGone ? [] : history).map(
      (one) => `users' steps may be missing: history/${one.name} ${stateOf(one)}`,
    ),
  ];
}

function stateOf(file: ShortFile): string {
  if (file.nowBytes === undefined) return 'is not there';
  if (file.nowBytes === 0) return 'is empty';
  return `is cut short: ${lackOf(file)}`;
}

function lackOf({ keptBytes, nowBytes = 0 }: ShortFile): string {
  return `${keptBytes - nowBytes} of ${keptBytes} bytes are gone`;
}
