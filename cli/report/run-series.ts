/** The runs beside the one a report is of, where it was one of several. */
import { bareMs, formatCount, formatRate } from './format.ts';
import type { Report } from './report.ts';
import type { RunRow } from './run-row.ts';

/** A figure of a run in a table of several. */
export type RunColumn = {
  readonly head: string;
  readonly cell: (row: RunRow) => string;
};

const ms = (value: number | null): string => (value === null ? '-' : bareMs(value));

export const repeatColumns: readonly RunColumn[] = [
  { head: 'acked', cell: ({ acked }) => formatCount(acked) },
  { head: 'lost', cell: ({ lost }) => formatCount(lost) },
  { head: 'doubled', cell: ({ duplicated }) => formatCount(duplicated) },
  { head: 'reordered', cell: ({ reordered }) => formatCount(reordered) },
  { head: 'never back', cell: ({ neverBack }) => formatCount(neverBack) },
  { head: 'resume p99 ms', cell: ({ resumeP99Ms }) => ms(resumeP99Ms) },
  { head: 'MTTR ms', cell: ({ mttrMs }) => ms(mttrMs) },
  { head: 'down client-s', cell: ({ downClientSeconds }) => formatRate(downClientSeconds) },
];

export const ladderColumns: readonly RunColumn[] = [
  { head: 'acked', cell: ({ acked }) => formatCount(acked) },
  { head: 'lost', cell: ({ lost }) => formatCount(lost) },
  { head: 'unanswered', cell: ({ unanswered }) => formatCount(unanswered) },
  { head: 'never back', cell: ({ neverBack }) => formatCount(neverBack) },
  { head: 'resume p99 ms', cell: ({ resumeP99Ms }) => ms(resumeP99Ms) },
  { head: 'ack p95 ms', cell: ({ ackP95Ms }) => ms(ackP95Ms) },
  { head: 'CPU ms/1000', cell: ({ serverCpuMsPer1000 }) => ms(serverCpuMsPer1000) },
];

export type RunSeries = {
  readonly title: string;
  /** One sentence: the verdict above is that of one run only. */
  readonly note: string;
  readonly runs: readonly RunRow[];
  readonly columns: readonly RunColumn[];
};

/** `undefined` where the run was a single one. */
export function seriesOf({ repeats, ladder }: Report): RunSeries | undefined {
  if (repeats !== undefined) {
    const { runs } = repeats;
    const ended = [...Map.groupBy(runs, ({ verdict }) => verdict)]
      .map(([verdict, own]) => `${own.length} ${verdict}`)
      .join(', ');
    return {
      ...{ title: 'All runs of the series', runs, columns: repeatColumns },
      note: `This report is of the last run of a series of ${runs.length}: ${ended}.`,
    };
  }
  if (ladder === undefined) return undefined;
  return {
    ...{ title: 'The guarantee ladder', runs: ladder, columns: ladderColumns },
    note: `This report is of the last run of a ladder of ${ladder.length} rungs, each with a verdict of its own.`,
  };
}
