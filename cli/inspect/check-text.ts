/** The result of a replay as text: a table by dashboard, what is wrong, and the verdict. */
import { formatDuration, formatInstant, plural } from '../report/format.ts';
import { displayWidth, padColumns } from '../report/display-width.ts';
import { fit, paint, plainText, symbolsOf, verdictSign, wrapWords } from '../report/text-style.ts';
import type { TextStyle, Tone } from '../report/text-style.ts';
import { verdictWord } from '../report/verdict-words.ts';
import { causeText } from './cause.ts';
import { checkVerdict, tally } from './inspection.ts';
import type { CheckRow, Inspection } from './inspection.ts';
import { failsCheck } from './judge-panel.ts';

/** A clock this far off moves a window by more than a scrape. */
const tolerableSkewMs = 2000;
const nameWidth = 38;

/** Each line ended. Causes are laid below their row. */
export function renderCheck(inspection: Inspection, style: TextStyle, width: number): string {
  const groups = Map.groupBy(inspection.rows, groupName);
  const lines = [
    ...headLines(inspection, style),
    ...[...groups].flatMap(([name, rows]) => [
      '',
      paint(style, 'strong', plainText(name)),
      ...rows.flatMap((row) => rowLines(row, style, Math.max(60, width))),
    ]),
    '',
    ...closingLines(inspection, style, Math.max(60, width)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What differs between the two clocks, in words; `null` where it does not matter. */
export function skewText(skewMs: number): string | null {
  if (Math.abs(skewMs) < tolerableSkewMs) return null;
  const how = skewMs > 0 ? 'ahead of' : 'behind';
  return `clock skew: Prometheus' clock is ${formatDuration(Math.abs(skewMs))} ${how} this machine's; the window is by this machine's`;
}

/** How many rows came to what, in words. */
export function tallyText(rows: readonly CheckRow[]): string {
  const { ok, healthy, skipped, unseen, failed } = tally(rows);
  return [
    `${ok} ok`,
    `${healthy} empty as they should be`,
    `${skipped} skipped`,
    ...(unseen === 0 ? [] : [`${unseen} unseen`]),
    `${failed} wrong`,
  ].join(', ');
}

/** What to do about a window that is too wide; `null` where it is not. */
export function widthText(rows: readonly CheckRow[]): string | null {
  const causes = rows.flatMap(({ cause }) => (cause?.kind === 'stepped-over' ? [cause] : []));
  if (causes.length === 0) return null;
  const stepMs = Math.max(...causes.map((cause) => cause.stepMs));
  const lastedMs = Math.min(...causes.map((cause) => cause.lastedMs));
  return `The window is too wide to see all in it: a step is up to ${formatDuration(stepMs)}, and what was there for ${formatDuration(lastedMs)} falls between two. Without --from and --to it is the time of the last run, with --run ID of another.`;
}

function groupName(row: CheckRow): string {
  return row.kind === 'rule' ? `Rules: ${row.dashboard}` : row.dashboard;
}

function headLines(inspection: Inspection, style: TextStyle): readonly string[] {
  const { window, run, source, skewMs } = inspection;
  const from = formatInstant(new Date(window.fromMs).toISOString());
  const of = run === null ? '' : ` (run ${run})`;
  const skew = skewText(skewMs);
  return [
    `${source}, ${from}, ${formatDuration(window.toMs - window.fromMs)}${of}`,
    ...(skew === null ? [] : [paint(style, 'warn', `${symbolsOf(style).warn} ${skew}`)]),
  ];
}

function rowLines(row: CheckRow, style: TextStyle, width: number): readonly string[] {
  const marks = symbolsOf(style);
  const fails = failsCheck(row.verdict);
  const [mark, tone]: readonly [string, Tone] = fails
    ? [marks.fail, 'bad']
    : row.verdict === 'skipped' || row.verdict === 'unseen'
      ? [marks.noData, 'dim']
      : [marks.pass, 'good'];
  const name = plainText(
    row.kind === 'panel' || row.kind === 'rule' ? row.name : `${row.kind} ${row.name}`,
  );
  const shown = padColumns(fit(name, nameWidth, style), nameWidth);
  const count = String(row.count).padStart(6);
  const line = `  ${paint(style, tone, mark)} ${shown}${count}  ${row.verdict}`;
  if (row.cause === null) return [line];
  const query = row.refId === null ? '' : `query ${row.refId}: `;
  const under = row.under === null ? '' : ` (with ${row.under})`;
  const text = plainText(`${query}${causeText(row.cause)}${under}`);
  if (!fails && displayWidth(line) + displayWidth(text) + 2 <= width) {
    return [`${line}  ${paint(style, 'dim', text)}`];
  }
  return [
    line,
    ...wrapWords(text, width - 6).map(
      (part) => `      ${paint(style, fails ? 'bad' : 'dim', part)}`,
    ),
  ];
}

function closingLines({ rows }: Inspection, style: TextStyle, width: number): readonly string[] {
  const { panels } = tally(rows);
  const counted = `${plural(panels, 'panel')} and ${rows.length - panels} more: ${tallyText(rows)}`;
  const verdict = checkVerdict(rows);
  const line = paint(
    style,
    verdictSign(verdict, style).tone,
    `${verdictWord(verdict)}  ${counted}`,
  );
  const advice = widthText(rows);
  return advice === null ? [line] : [line, ...wrapWords(advice, width)];
}
