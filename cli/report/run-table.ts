/** Several runs as text: the repeats of one, the rungs of a ladder, the lies of a self-check. */
import { fewestForInterval } from '../samples/bootstrap.ts';
import { formatMs, formatRate, plural } from './format.ts';
import type { Repeats, RunRow } from './run-row.ts';
import { ladderColumns, repeatColumns } from './run-series.ts';
import type { RunColumn } from './run-series.ts';
import { paint, verdictSign } from './text-style.ts';
import type { TextStyle } from './text-style.ts';

/** Each run with its values, then the mean of each and its interval. */
export function renderRepeats(repeats: Repeats, style: TextStyle): string {
  const { runs } = repeats;
  const interval = (name: string, of: Repeats['mttrMs'], unit: (value: number) => string) => {
    if (of === null) return [];
    const { mean, low, high, values } = of;
    const isFew = values.length < fewestForInterval;
    const how = isFew
      ? `(range of ${values.length}: an interval takes ${fewestForInterval} runs)`
      : `(bootstrap over ${values.length} runs)`;
    const missing =
      values.length === runs.length
        ? ''
        : `; of ${values.length} of ${runs.length} runs, the others showed none`;
    return [
      `  ${name}: mean ${unit(mean)}, ${isFew ? '' : '95% interval '}${unit(low)} to ${unit(high)} ${how}${missing}`,
    ];
  };
  return [
    '',
    paint(
      style,
      'strong',
      `${plural(runs.length, 'run')} on fresh systems; the worst fault of each`,
    ),
    ...table(runs, style, repeatColumns),
    ...interval('resume p99', repeats.resumeP99Ms, formatMs),
    ...interval('MTTR', repeats.mttrMs, formatMs),
    ...interval(
      'down',
      repeats.downClientSeconds,
      (value) => `${formatRate(value)} client-seconds`,
    ),
    '',
  ].join('\n');
}

/** What each setting buys and costs under the same fault. */
export function renderLadder(
  rungs: readonly RunRow[],
  faults: readonly string[],
  style: TextStyle,
): string {
  return [
    '',
    paint(style, 'strong', `The guarantee ladder, under ${faults.join(' and ')}`),
    ...table(rungs, style, ladderColumns),
    '  lost: deliveries of acknowledged messages that never came; unanswered: sends nobody promised to keep;',
    '  CPU: of all server processes, for 1,000 deliveries.',
    '',
  ].join('\n');
}

function table(rows: readonly RunRow[], style: TextStyle, columns: readonly RunColumn[]): string[] {
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const widths = columns.map(({ head }, i) =>
    Math.max(head.length, ...cells.map((line) => line[i]?.length ?? 0)),
  );
  const laid = (line: readonly string[]): string =>
    line.map((text, i) => text.padStart(widths[i] ?? 0)).join('  ');
  const heads = laid(columns.map(({ head }) => head));
  return [
    paint(style, 'dim', `    ${''.padEnd(nameWidth)}  ${heads}`),
    ...rows.map(({ name, verdict }, i) => {
      const { mark, tone } = verdictSign(verdict, style);
      return `  ${paint(style, tone, mark)} ${name.padEnd(nameWidth)}  ${laid(cells[i] ?? [])}  ${verdict}`;
    }),
  ];
}
