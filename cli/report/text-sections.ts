/** The sections of the end summary, each as lines of at most `width` characters before colour. */
import type { LatencyMs } from '../samples/summary.ts';
import type { ThresholdResult } from '../verdict/judge.ts';
import { busiestFirst } from './busiest-first.ts';
import {
  formatCount,
  formatDuration,
  formatMb,
  formatMs,
  observedOf,
  formatPercent,
  formatRate,
  latencyFigure,
  measuredMs,
  plural,
} from './format.ts';
import { displayWidth, padColumns } from './display-width.ts';
import { faultStory } from './fault-story.ts';
import { httpConnectionsSentence } from './http-connections.ts';
import type { Report } from './report.ts';
import { asSentence, rowWord, saysWhatNotesSay } from './verdict-words.ts';
import { fit, paint, plainText, symbolsOf, verdictSign, wrapAtMost } from './text-style.ts';
import type { TextStyle, Tone } from './text-style.ts';
import { lostFromLog } from '../samples/lost-from-log.ts';

/** One row a threshold, failed ones first, with the reason where it did not pass; at most `maxLines`. */
export function thresholdLines(
  report: Report,
  style: TextStyle,
  width: number,
  maxLines: number,
): readonly string[] {
  if (report.thresholds.length === 0) return [];
  const order = { fail: 0, 'no-data': 1, pass: 2 };
  const all = report.thresholds.toSorted((a, b) => order[a.verdict] - order[b.verdict]);
  // A blank line and the heading come first; the last line is kept for "and n more".
  const rows = all.length <= maxLines - 2 ? all : all.slice(0, Math.max(1, maxLines - 3));
  const hidden = all.length - rows.length;
  let whyLeft = Math.max(0, maxLines - 2 - rows.length - (hidden > 0 ? 1 : 0));
  const textWidth = Math.min(
    Math.max(...rows.map((row) => displayWidth(plainText(row.text)))),
    Math.floor(width / 2),
  );
  const lines = ['', heading('Thresholds', style)];
  for (const row of rows) {
    lines.push(thresholdRow(row, textWidth, style, width));
    if (row.verdict !== 'pass' && whyLeft > 0 && !saysWhatNotesSay(row, report.notes)) {
      whyLeft -= 1;
      lines.push(paint(style, 'dim', `    ${fit(plainText(row.why), width - 4, style)}`));
    }
  }
  if (hidden > 0) lines.push(paint(style, 'dim', `    and ${hidden} more in the report`));
  return lines;
}

function thresholdRow(
  row: ThresholdResult,
  textWidth: number,
  style: TextStyle,
  width: number,
): string {
  const { mark, tone } = verdictSign(row.verdict, style);
  const text = padColumns(fit(plainText(row.text), textWidth, style), textWidth);
  const observed = observedOf(row).padStart(10);
  const left = width - textWidth - observed.length - 8;
  // Said by the judge where clients and system share a machine.
  const room = /([\d.,]+ ms) left for the network/.exec(row.why)?.[1];
  const aside =
    row.verdict === 'pass'
      ? room === undefined
        ? ''
        : `${room} left for network`
      : row.verdict === 'no-data' && row.observed === null
        ? ''
        : rowWord(row.verdict);
  const shown = aside.length <= left ? aside : '';
  const asideTone: Tone = row.verdict === 'pass' ? 'dim' : tone;
  return `  ${paint(style, tone, mark)} ${text}  ${paint(style, 'strong', observed)}  ${paint(style, asideTone, shown)}`.trimEnd();
}

/** Users planned, reached, refused and lost, in one line. */
export function usersLines(report: Report, style: TextStyle, width: number): readonly string[] {
  const { users } = report;
  const dot = symbolsOf(style).dot;
  const { thrownOff = 0 } = users;
  const room = width - 9;
  const bad =
    `${formatCount(users.refused)} refused ${dot} ${formatCount(users.lost)} lost` +
    (thrownOff > 0 ? ` ${dot} ${formatCount(thrownOff)} thrown off` : '');
  const peak = `${formatCount(users.peak)} at the peak, ${formatCount(users.planned)} planned ${dot} `;
  const tried = `${formatCount(users.attempted)} tried ${dot} `;
  // What went wrong is not what is cut off.
  const text = (peak + tried + bad).length <= room ? peak + tried + bad : peak + bad;
  // Under faults it is what the run is about.
  const isBad = users.refused + users.lost > 0 || (thrownOff > 0 && report.faults.length === 0);
  const shown = fit(text, room, style);
  const line = isBad ? paint(style, 'bad', shown) : shown;
  return ['', `${heading('Users', style)}    ${line}`];
}

/** More would push the verdict off a small terminal; the report has them all. */
const maxOperations = 6;

/** The table of operations with their percentiles, latency counted from the due time. */
export function operationLines(report: Report, style: TextStyle, width: number): readonly string[] {
  const ops = Object.entries(report.ops);
  if (ops.length === 0) return [];
  const wide = width >= 78;
  const columns: readonly (keyof LatencyMs)[] = wide
    ? ['p50', 'p95', 'p99', 'max']
    : ['p50', 'p95', 'p99'];
  const nameWidth = 15;
  const shownOps = ops.slice(0, maxOperations);
  const header =
    'count'.padStart(10) +
    (wide ? '/s'.padStart(8) : '') +
    'errors'.padStart(8) +
    columns.map((one) => one.padStart(8)).join('');
  const lines = [
    '',
    heading('Operations'.padEnd(nameWidth), style) +
      paint(style, 'dim', fit(`${header}  ms`, width - nameWidth, style)),
  ];
  for (const [name, op] of shownOps) {
    const errors = formatCount(op.errors).padStart(8);
    lines.push(
      `  ${padColumns(fit(plainText(name), nameWidth - 2, style), nameWidth - 2)}` +
        formatCount(op.count).padStart(10) +
        (wide ? formatRate(op.ratePerSec).padStart(8) : '') +
        (op.errors > 0 ? paint(style, 'bad', errors) : errors) +
        columns.map((one) => latencyFigure(op.latencyMs, one, '-').padStart(8)).join(''),
    );
  }
  const connections = httpConnectionsSentence(report);
  // Where nothing failed and nothing was done to the system, there is nothing to tell apart.
  if (
    connections !== undefined &&
    ((report.ops['http']?.errors ?? 0) > 0 || report.faults.length > 0)
  ) {
    lines.push(paint(style, 'dim', `  ${fit(connections, width - 2, style)}`));
  }
  return lines;
}

/** The delivery ledger: what was sent, what came of it, what is wrong. */
export function ledgerLines(report: Report, style: TextStyle, width: number): readonly string[] {
  const { ledger } = report;
  const { dot, arrow } = symbolsOf(style);
  const sent = [
    `${formatCount(ledger.sent)} sent`,
    `${formatCount(ledger.acked)} acked`,
    ...some(ledger.refused, 'refused'),
    ...some(ledger.indeterminate, 'indeterminate'),
    ...some(ledger.recovered, 'recovered'),
  ].join(` ${dot} `);
  const delivered = `${formatCount(ledger.expected)} owed ${arrow} ${formatCount(ledger.delivered)} delivered`;
  const fromLog = lostFromLog(ledger);
  const wrong = (
    ['lost', 'duplicated', 'reordered', 'late', 'dropped', 'neverBack', 'resynced'] as const
  )
    .filter((name, index) => index < 3 || ledger[name] > 0)
    .map((name) => ({
      text: `${formatCount(ledger[name])} ${name === 'neverBack' ? 'owed to users never back' : name}${
        name === 'lost' && fromLog > 0 ? ` (${formatCount(fromLog)} acked and not in the log)` : ''
      }`,
      bad: ledger[name] > 0 && name !== 'resynced',
    }));
  const lines = ['', `${heading('Ledger', style)}   ${fit(sent, width - 9, style)}`];
  lines.push(`         ${fit(delivered, width - 9, style)}`);
  lines.push(...flowed(wrong, style, width - 9).map((line) => `         ${line}`));
  const first = ledger.exceptions[0];
  if (first !== undefined) {
    const words =
      `first: ${first.class} ${first.id} in ${first.room}` +
      (first.recipient === null ? '' : ` for ${first.recipient}`) +
      ` at ${formatDuration(first.atMs)}`;
    lines.push(paint(style, 'dim', `         ${fit(plainText(words), width - 9, style)}`));
  }
  return lines;
}

/** One line a service, busiest first and observers last, in at most `maxLines` lines. */
export function serviceLines(
  report: Report,
  style: TextStyle,
  width: number,
  maxLines: number,
): readonly string[] {
  const rows = maxLines - 1;
  const all = report.services
    .toSorted(busiestFirst(({ cpuPct }) => cpuPct.max))
    // Who ended in the run is not among those left out.
    .toSorted((a, b) => Number(b.restarts > 0) - Number(a.restarts > 0));
  if (all.length === 0 || rows < 1) return [];
  const shown = all.length > rows ? all.slice(0, Math.max(1, rows - 1)) : all;
  const lines = shown.map((service, index) => {
    const label = index === 0 ? heading('Services', style) : '        ';
    const restarts = service.restarts > 0 ? `, ${plural(service.restarts, 'restart')}` : '';
    const lag = service.loopLagMs === null ? '' : `, loop lag ${formatMs(service.loopLagMs)}`;
    const figures =
      `cpu ${formatPercent(service.cpuPct.avg).padStart(4)} avg ${formatPercent(service.cpuPct.max).padStart(5)} max` +
      `${restarts}, ${formatMb(service.rssMb.max)}${lag}`;
    return `${label} ${fit(`${padColumns(fit(plainText(service.name), 12, style), 12)} ${figures}`, width - 9, style)}`;
  });
  if (all.length > shown.length && rows > 1) {
    lines.push(paint(style, 'dim', `         and ${all.length - shown.length} more in the report`));
  }
  return ['', ...lines];
}

/** What was at its limit first, and whether the generator itself was well. */
export function generatorLines(report: Report, style: TextStyle, width: number): readonly string[] {
  const { bottleneck, generator, fidelity } = report;
  const { dot } = symbolsOf(style);
  const ended = generator.endedWorkers.length;
  const isIll = generator.saturated || ended > 0;
  const what = plainText(
    bottleneck.kind === 'none'
      ? asSentence(bottleneck.evidence)
      : `${bottleneck.kind}: ${bottleneck.evidence}`,
  );
  const health =
    `${plural(generator.workers, 'worker')} ${dot} cpu ${formatPercent(generator.cpuPct)} ${dot} ` +
    `${formatMb(generator.rssMb)} ${dot} loop lag p99 ${formatMs(generator.loopLagMs.p99)} ${dot} ` +
    `${formatCount(generator.lateSends)} late${generator.saturated ? ` ${dot} SATURATED` : ''}${ended > 0 ? ` ${dot} ${formatCount(ended)} ENDED` : ''}`;
  const [first = '', ...more] = wrapAtMost(what, width - 9, 2, style);
  const lines = [
    '',
    `${heading('Limit', style)}    ${first}`,
    ...more.map((line) => `         ${line}`),
    `${heading('Load', style)}     ${isIll ? paint(style, 'bad', fit(health, width - 9, style)) : fit(health, width - 9, style)}`,
  ];
  if (fidelity.clientUsers > 0 && fidelity.leanMs.p95 + fidelity.clientMs.p95 > 0) {
    const words = `p95 ${measuredMs(fidelity.leanMs.p95, '-')} by lean users, ${measuredMs(fidelity.clientMs.p95, '-')} by ${formatCount(fidelity.clientUsers)} on socket.io-client`;
    lines.push(`${heading('Check', style)}    ${fit(words, width - 9, style)}`);
  }
  return lines;
}

/** Lines that the story of the faults may take, and one sentence of it. */
const faultStoryLines = 12;
const faultSentenceLines = 4;

/** What each fault did, and what the run did not show. */
export function faultLines(report: Report, style: TextStyle, width: number): readonly string[] {
  // What the ledger says of the whole run stands above.
  const sentences = faultStory(report).filter((one) => !one.startsWith('The whole run'));
  const lines: string[] = [];
  for (const [index, sentence] of sentences.entries()) {
    const text = plainText(style.ascii ? sentence.replaceAll('–', '-') : sentence);
    const wrapped = wrapAtMost(text, width - 9, faultSentenceLines, style);
    if (lines.length + wrapped.length >= faultStoryLines && index < sentences.length - 1) {
      lines.push(`and ${sentences.length - index} more in the report`);
      break;
    }
    lines.push(...wrapped);
  }
  return lines.flatMap((line, index) =>
    index === 0 ? ['', `${heading('Faults', style)}   ${line}`] : [`         ${line}`],
  );
}

/** Short texts in as many lines as they need, what is bad in its tone. */
function flowed(
  parts: readonly { readonly text: string; readonly bad: boolean }[],
  style: TextStyle,
  width: number,
): readonly string[] {
  const separator = ` ${symbolsOf(style).dot} `;
  const lines: string[] = [];
  let used = 0;
  for (const { text, bad } of parts) {
    const shown = bad ? paint(style, 'bad', text) : text;
    const last = lines.at(-1);
    if (last !== undefined && used + separator.length + text.length <= width) {
      lines[lines.length - 1] = last + separator + shown;
      used += separator.length + text.length;
    } else {
      lines.push(shown);
      used = text.length;
    }
  }
  return lines;
}

function some(count: number, word: string): readonly string[] {
  return count > 0 ? [`${formatCount(count)} ${word}`] : [];
}

function heading(text: string, style: TextStyle): string {
  return paint(style, 'strong', text);
}
