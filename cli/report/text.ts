/** The summary that ends a run in the terminal: verdict first, then what faults did. */
import { formatDuration, formatInstant } from './format.ts';
import type { Report } from './report.ts';
import { fit, paint, plainText, symbolsOf, verdictSign, wrapAtMost } from './text-style.ts';
import type { TextStyle } from './text-style.ts';
import {
  faultLines,
  generatorLines,
  ledgerLines,
  operationLines,
  serviceLines,
  thresholdLines,
  usersLines,
} from './text-sections.ts';
import { furtherNotes, verdictSentence, verdictWord } from './verdict-words.ts';

/** Where the files of the run are, as the person may type them; `null` for what was not written. */
export type ReportPaths = {
  readonly dir: string;
  readonly html: string | null;
};

/** How a text is laid out. `ascii` is for terminals without UTF-8. */
export type TextOptions = {
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly width: number;
  readonly paths: ReportPaths | null;
};

const maxLines = 40;
/** A run with faults has their story to tell as well. */
const maxStoryLines = 13;
const minWidth = 60;
const maxWidth = 110;

/** The end summary, each line ended. Never wider than `width` (60 at least). */
export function renderText(report: Report, options: TextOptions): string {
  const style = { color: options.color, ascii: options.ascii ?? false };
  const width = Math.min(maxWidth, Math.max(minWidth, options.width));
  const head = headLines(report, style, width);
  const tail = tailLines(report, options.paths, style);
  const body = [
    ...usersLines(report, style, width),
    ...operationLines(report, style, width),
    ...ledgerLines(report, style, width),
  ];
  const closing = generatorLines(report, style, width);
  const story = faultLines(report, style, width);
  const most = maxLines + (story.length > 0 ? maxStoryLines : 0);
  const room = most - head.length - story.length - body.length - closing.length - tail.length;
  const thresholds = thresholdLines(
    report,
    style,
    width,
    room - Math.min(3, report.services.length + 1),
  );
  const services = serviceLines(report, style, width, room - thresholds.length);
  const lines = [...head, ...story, ...thresholds, ...body, ...services, ...closing, ...tail];
  return `${lines.join('\n')}\n`;
}

function headLines(report: Report, style: TextStyle, width: number): readonly string[] {
  const { run, scenario, topology } = report;
  const symbols = symbolsOf(style);
  const word = verdictWord(report.verdict);
  const { mark, tone } = verdictSign(report.verdict, style);
  const title = paint(style, 'strong', paint(style, tone, `${mark} ${word}`));
  const indent = word.length + 4;
  const [first = '', ...more] = wrapAtMost(
    plainText(verdictSentence(report)),
    width - indent,
    2,
    style,
  );
  const what = plainText(
    `${scenario.name} on ${topology?.name ?? 'another system'} ${symbols.dot} ${formatDuration(run.durationMs)} ` +
      `${symbols.dot} ${formatInstant(run.startedAt)} ${symbols.dot} seed ${run.seed}`,
  );
  const notes = noteLines(furtherNotes(report), width - 4, style).map((line, index) =>
    paint(style, 'dim', `${index === 0 ? ` ${symbols.warn} ` : '   '}${line}`),
  );
  return [
    '',
    `${title}  ${first}`,
    ...more.map((line) => ' '.repeat(indent) + line),
    paint(style, 'dim', `   ${fit(what, width - 3, style)}`),
    ...notes,
  ];
}

const maxNoteLines = 3;

/** Notes in a few lines; those left out are counted. */
function noteLines(notes: readonly string[], width: number, style: TextStyle): readonly string[] {
  const lines: string[] = [];
  for (const [index, note] of notes.entries()) {
    // A line is kept for the count of the others.
    const room = maxNoteLines - lines.length - (index < notes.length - 1 ? 1 : 0);
    if (room < 1) return [...lines, `and ${notes.length - index} more in the report`];
    lines.push(...wrapAtMost(plainText(note), width, room, style));
  }
  return lines;
}

function tailLines(report: Report, paths: ReportPaths | null, style: TextStyle): readonly string[] {
  if (paths === null) return [];
  const next =
    paths.html === null
      ? 'the report could not be written; this summary is all there is'
      : `rtops report --open ${symbolsOf(style).dot} rtops verify${report.ledger.exceptions.length > 0 ? ` ${symbolsOf(style).dot} rtops logs` : ''}`;
  return [
    '',
    `${paint(style, 'strong', 'Report')}  ${paths.html ?? paths.dir}`,
    `${paint(style, 'strong', 'Next')}    ${next}`,
  ];
}
