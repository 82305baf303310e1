/** A report as Markdown, for a pull request or a job summary. */
import { availabilityLines } from './availability-words.ts';
import { faultStory } from './fault-story.ts';
import {
  bareMs,
  formatCount,
  formatDuration,
  formatInstant,
  formatMb,
  formatMs,
  observedOf,
  formatPercent,
  formatRate,
  formatSeconds,
  latencyFigure,
  plural,
} from './format.ts';
import { httpConnectionsSentence } from './http-connections.ts';
import type { Report } from './report.ts';
import { seriesOf } from './run-series.ts';
import type { RunSeries } from './run-series.ts';
import {
  asSentence,
  furtherNotes,
  rowWhy,
  rowWord,
  verdictSentence,
  verdictWord,
} from './verdict-words.ts';
import { lostFromLog } from '../samples/lost-from-log.ts';

const verdictMark = { pass: '✅', fail: '❌', 'no-data': '⚪' } as const;
/** Exceptions shown; the rest are in report.json. */
const shownExceptions = 10;

/** GitHub-flavoured Markdown; every name that came from a file is escaped. */
export function renderMarkdown(report: Report): string {
  const { run, scenario, topology, users, ledger, generator, bottleneck } = report;
  const parts: string[] = [
    `## ${verdictMark[report.verdict]} ${verdictWord(report.verdict)}: ${escaped(scenario.name)} on ${escaped(topology?.name ?? 'another system')}`,
    `**${escaped(verdictSentence(report))}**`,
    `${formatCount(users.peak)} of ${formatCount(users.planned)} users · ${formatCount(users.refused)} refused · ${formatCount(users.lost)} lost · ${formatCount(users.thrownOff ?? 0)} thrown off · ${formatDuration(run.durationMs)} · ${escaped(formatInstant(run.startedAt))} · seed ${run.seed} · ${plural(run.host.cores, 'core')}`,
  ];
  const notes = furtherNotes(report);
  if (notes.length > 0) parts.push(notes.map((note) => `- ${escaped(note)}`).join('\n'));
  if (report.thresholds.length > 0) {
    parts.push(
      table(
        ['', 'Threshold', 'Observed', 'Samples', 'Why'],
        ['---', '---', '---:', '---:', '---'],
        report.thresholds.map((row) => [
          `${verdictMark[row.verdict]} ${rowWord(row.verdict)}`,
          escaped(row.text),
          escaped(observedOf(row)),
          formatCount(row.samples),
          escaped(rowWhy(row, report.notes)),
        ]),
      ),
    );
  }
  const series = seriesOf(report);
  if (series !== undefined) parts.push(...seriesParts(series));
  if (report.faults.length > 0) parts.push(...faultParts(report));
  const connections = httpConnectionsSentence(report);
  parts.push(
    '### Operations',
    table(
      ['Operation', 'Count', '/s', 'Errors', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'],
      ['---', ...Array.from({ length: 7 }, () => '---:')],
      Object.entries(report.ops).map(([name, op]) => [
        escaped(name),
        formatCount(op.count),
        formatRate(op.ratePerSec),
        formatCount(op.errors),
        ...(['p50', 'p95', 'p99', 'max'] as const).map((key) => latencyFigure(op.latencyMs, key)),
      ]),
    ),
    ...(connections === undefined ? [] : [escaped(connections)]),
    '### Ledger',
    table(
      [
        'Sent',
        'Acked',
        'Owed',
        'Delivered',
        'Lost',
        'Duplicated',
        'Reordered',
        'Late',
        'Dropped',
        'Never back',
      ],
      Array.from({ length: 10 }, () => '---:'),
      [
        [
          ledger.sent,
          ledger.acked,
          ledger.expected,
          ledger.delivered,
          ledger.lost,
          ledger.duplicated,
          ledger.reordered,
          ledger.late,
          ledger.dropped,
          ledger.neverBack,
        ].map(formatCount),
      ],
    ),
  );
  const fromLog = lostFromLog(ledger);
  if (fromLog > 0) {
    parts.push(
      `Of the ${formatCount(ledger.lost)} lost, ${formatCount(fromLog)} were acked and are not in the log.`,
    );
  }
  if (ledger.exceptions.length > 0) {
    parts.push(
      details(
        `First exceptions (${formatCount(ledger.exceptions.length)} listed in report.json)`,
        table(
          ['Class', 'Message', 'Room', 'Seq', 'Recipient', 'At', 'Fault'],
          ['---', '---', '---', '---:', '---', '---:', '---'],
          ledger.exceptions
            .slice(0, shownExceptions)
            .map((one) => [
              one.class,
              escaped(one.id),
              escaped(one.room),
              one.seq === null ? '' : String(one.seq),
              escaped(one.recipient ?? ''),
              formatDuration(one.atMs),
              escaped(one.fault ?? ''),
            ]),
        ),
      ),
    );
  }
  if (report.services.length > 0) {
    parts.push(
      details(
        'Services',
        table(
          ['Service', 'CPU avg', 'CPU max', 'Memory max', 'Loop lag', 'Restarts'],
          ['---', ...Array.from({ length: 5 }, () => '---:')],
          report.services.map((one) => [
            escaped(one.name),
            formatPercent(one.cpuPct.avg),
            formatPercent(one.cpuPct.max),
            formatMb(one.rssMb.max),
            one.loopLagMs === null ? '' : formatMs(one.loopLagMs),
            formatCount(one.restarts),
          ]),
        ),
      ),
    );
  }
  parts.push(
    `**Bottleneck:** ${bottleneck.kind}. ${escaped(asSentence(bottleneck.evidence))}`,
    `**Generator:** ${plural(generator.workers, 'worker')}, cpu ${formatPercent(generator.cpuPct)}, ${formatCount(generator.lateSends)} late sends${generator.saturated ? ', **saturated**' : ''}${generator.endedWorkers.length > 0 ? ', **cut short**' : ''}`,
  );
  return `${parts.join('\n\n')}\n`;
}

function seriesParts({ title, runs, columns }: RunSeries): readonly string[] {
  const heads = columns.map(({ head }) => head);
  return [
    `### ${title}`,
    table(
      ['', 'Run', ...heads],
      ['---', '---', ...heads.map(() => '---:')],
      runs.map((row) => [
        `${verdictMark[row.verdict]} ${row.verdict}`,
        escaped(row.name),
        ...columns.map(({ cell }) => cell(row)),
      ]),
    ),
  ];
}

/** The story, a row a fault, and the availability with its assumptions. */
function faultParts(report: Report): readonly string[] {
  const impact = report.impact ?? null;
  const parts = [
    '### Faults',
    faultStory(report)
      .map((sentence) => `- ${escaped(sentence)}`)
      .join('\n'),
    table(
      [
        'Fault',
        'At',
        'Hit',
        'Noticed ms',
        'Backoff p95 ms',
        'Back p95 ms',
        'Back p99 ms',
        'Never back',
        'Acked, lost',
        'Recovered after',
      ],
      ['---', ...Array.from({ length: 9 }, () => '---:')],
      report.faults.map((fault) => [
        `${escaped(`${fault.kind}@${fault.node}`)}${fault.bit ? '' : ' (did not bite)'}`,
        formatDuration(fault.at),
        formatCount(fault.affected),
        fault.affected === 0 ? '–' : bareMs(fault.detectMs),
        latencyFigure(fault.backoff, 'p95'),
        latencyFigure(fault.resumeMs, 'p95'),
        latencyFigure(fault.resumeMs, 'p99'),
        formatCount(fault.neverResumed),
        formatCount(fault.lostAcked),
        fault.mttrMs === null ? 'not seen' : formatSeconds(fault.mttrMs),
      ]),
    ),
  ];
  if (impact !== null) {
    parts.push(
      details(
        'Availability, and what it means for a month',
        availabilityLines(impact.availability)
          .map((line) => `- ${escaped(line)}`)
          .join('\n'),
      ),
    );
  }
  return parts;
}

function table(
  head: readonly string[],
  align: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Text from a file, as Markdown text: one line, no markup, no HTML, no mention of a person. */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]|~#]/g, (char) => `\\${char}`)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;');
}
