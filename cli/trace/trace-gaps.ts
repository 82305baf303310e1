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
  /** What became of the file that says how long each log was when it was kept. */
  readonly index: ListState;
  /** The same of the files of the history. */
  readonly seal: ListState;
  /** Users wrote a history: its files are gone, or there is not one record in any of them. */
  readonly historyState: 'whole' | 'gone' | 'empty';
  /** By file. */
  readonly history: readonly ShortFile[];
  /** What stands where a file should, and cannot be read. */
  readonly odd: readonly OddFile[];
};

/** A file that says how long others were when the run left them. */
export type ListState = 'whole' | 'gone' | 'unreadable';

/** `logs/ws-1.log` `is a folder`. */
export type OddFile = { readonly name: string; readonly why: string };

export const noGaps: TraceGaps = {
  ...{ logsGone: false, logs: [], leftOutBytes: {}, index: 'whole' },
  ...{ historyState: 'whole', history: [], seal: 'whole', odd: [] },
};

/** One sentence a gap. */
export function gapNotes(gaps: TraceGaps): readonly string[] {
  const { logsGone, logs, leftOutBytes, historyState, history, seal, odd } = gaps;
  const isOdd = (name: string): boolean => odd.some((one) => one.name === name);
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
    ...odd.map(({ name, why }) => `what ${name} holds cannot be told: it ${why}`),
    ...(historyState === 'gone'
      ? ["the history of the run is gone from its folder: users' steps cannot be told"]
      : historyState === 'empty'
        ? [`every file in history/ is empty${namesOf(history)}: users' steps cannot be told`]
        : history
            .filter(({ name }) => !isOdd(`history/${name}`))
            .map((one) => `users' steps may be missing: history/${one.name} ${stateOf(one)}`)),
    ...(seal === 'whole' || historyState !== 'whole'
      ? []
      : [
          `history/seal.json ${unlisted(seal)}: how long each file of the history was is not known, so one may have been cut short`,
        ]),
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

/** Of files that had something in them. */
function namesOf(files: readonly ShortFile[]): string {
  return files.length === 0 ? '' : ` (${files.map(({ name }) => name).join(', ')})`;
}

/** What is said of such a file. */
export function unlisted(state: Exclude<ListState, 'whole'>): string {
  return state === 'gone' ? 'is not there' : 'cannot be read';
}
