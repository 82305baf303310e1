/** The sections of the HTML report. Every text is escaped where it enters the markup. */
import { stringify } from 'yaml';

import type { ExceptionClass, LedgerException } from '../samples/summary.ts';
import type { Verdict } from '../verdict/judge.ts';
import { escapeMarkup as esc } from './escape-markup.ts';
import {
  formatCount,
  formatDuration,
  formatInstant,
  formatMb,
  formatMs,
  observedOf,
  formatPercent,
  formatRate,
  latencyFigure,
  measuredMs,
  plural,
} from './format.ts';
import { httpConnectionsSentence } from './http-connections.ts';
import type { Report } from './report.ts';
import { seriesOf } from './run-series.ts';
import {
  asSentence,
  furtherNotes,
  rowWhy,
  rowWord,
  verdictSentence,
  verdictWord,
} from './verdict-words.ts';
import { lostFromLog } from '../samples/lost-from-log.ts';

const marks: Readonly<Record<Verdict, string>> = { pass: '✓', fail: '✗', 'no-data': '?' };
/** Exceptions shown of each class; report.json has up to 100. */
const shownExceptions = 20;

export function verdictBanner(report: Report): string {
  const { run, scenario, topology } = report;
  const notes = furtherNotes(report)
    .map((note) => `<li>${esc(note)}</li>`)
    .join('');
  const meta = [
    `${scenario.name} on ${topology?.name ?? 'another system'}`,
    formatDuration(run.durationMs),
    formatInstant(run.startedAt),
    `exit code ${report.exitCode}`,
  ];
  return `<section class="card verdict ${report.verdict}">
<div class="mark" aria-hidden="true">${marks[report.verdict]}</div>
<div><h1>${verdictWord(report.verdict)}</h1><p class="why">${esc(verdictSentence(report))}</p>
<p class="meta">${esc(meta.join(' · '))}</p>${notes === '' ? '' : `<ul>${notes}</ul>`}</div></section>`;
}

export function keyFigures(report: Report): string {
  const { users, ops, ledger } = report;
  const ack = ops['chat.ack'];
  const delivery = ops['chat.delivery'];
  const missing = users.refused + users.lost;
  const { thrownOff = 0 } = users;
  return `<div class="figures">${[
    figure(formatCount(users.peak), `users at the peak of ${formatCount(users.planned)} planned`),
    figure(
      formatCount(missing),
      thrownOff > 0
        ? `users refused or lost; ${formatCount(thrownOff)} thrown off at least once`
        : 'users refused or lost',
      missing > 0 || (thrownOff > 0 && report.faults.length === 0) ? 'bad' : goodOf(report),
    ),
    figure(delivery === undefined ? '–' : formatRate(delivery.ratePerSec), 'deliveries a second'),
    figure(measuredMs(ack?.latencyMs.p95 ?? 0), 'ack, p95'),
    figure(measuredMs(delivery?.latencyMs.p95 ?? 0), 'delivery, p95'),
    figure(
      formatCount(ledger.lost),
      lostFromLog(ledger) > 0
        ? `lost, of these ${formatCount(lostFromLog(ledger))} acked and not in the log`
        : `lost of ${formatCount(ledger.expected)} deliveries owed`,
      ledger.lost > 0 ? 'bad' : ledger.expected > 0 ? goodOf(report) : '',
    ),
  ].join('')}</div>`;
}

/** The runs beside this one. */
export function seriesSection(report: Report): string {
  const series = seriesOf(report);
  if (series === undefined) return '';
  const { title, runs, columns } = series;
  const rows = runs.map((row) => {
    const cells = columns.map(({ cell }) => `<td class="n">${esc(cell(row))}</td>`);
    return `<tr><td class="l">${pill(row.verdict, verdictWord(row.verdict))}</td><td class="l">${esc(row.name)}</td>${cells.join('')}</tr>`;
  });
  return `<h2>${title}</h2>${table(['l:Verdict', 'l:Run', ...columns.map(({ head }) => head)], rows)}`;
}

function pill(verdict: Verdict, word: string): string {
  return `<span class="pill ${verdict}">${marks[verdict]} ${word}</span>`;
}

export function thresholdSection(report: Report): string {
  const rows = report.thresholds.map(
    (row) =>
      `<tr><td class="l">${pill(row.verdict, rowWord(row.verdict))}</td><td class="l"><code>${esc(row.text)}</code></td>` +
      `<td class="n">${esc(observedOf(row))}</td><td class="n">${formatCount(row.samples)}</td><td class="l why">${esc(rowWhy(row, report.notes))}</td></tr>`,
  );
  if (rows.length === 0) return '<h2>Thresholds</h2><p class="card text muted">None were set.</p>';
  return `<h2>Thresholds</h2>${table(['l:Verdict', 'l:Threshold', 'Observed', 'Samples', 'l:Why'], rows, 'rows')}`;
}

export function ledgerSection(report: Report): string {
  const { ledger } = report;
  const fromLog = lostFromLog(ledger);
  const wrong = (count: number, words: string): string =>
    figure(formatCount(count), words, count > 0 ? 'bad' : 'zero');
  const known = (count: number, words: string): string =>
    figure(formatCount(count), words, count > 0 ? '' : 'zero');
  return `<h2>Delivery ledger <small>every message, at every recipient</small></h2>
<div class="figures small">${[
    figure(formatCount(ledger.sent), 'messages sent'),
    figure(formatCount(ledger.acked), 'acked by the server'),
    known(ledger.refused, 'refused by the server'),
    known(ledger.indeterminate, 'never acked, seen nowhere'),
    known(ledger.recovered, 'never acked, yet delivered'),
  ].join('')}</div>
<div class="figures small">${[
    figure(formatCount(ledger.expected), 'deliveries owed'),
    figure(
      formatCount(ledger.delivered),
      'delivered in time',
      ledger.expected > 0 && ledger.delivered >= ledger.expected ? goodOf(report) : '',
    ),
    wrong(
      ledger.lost,
      fromLog > 0
        ? `lost, of these ${formatCount(fromLog)} acked and not in the log`
        : 'lost: owed, never came',
    ),
    wrong(ledger.late, 'late: came after 10 s'),
    wrong(ledger.duplicated, 'duplicated: came twice'),
    wrong(ledger.reordered, 'reordered: came out of turn'),
    wrong(ledger.dropped, 'dropped: a hole, healed or not'),
    wrong(ledger.neverBack, 'owed to users who never came back'),
    known(ledger.resynced, 'filled by a refetch'),
  ].join('')}</div>`;
}

export function exceptionSection(report: Report): string {
  const byClass = Map.groupBy(report.ledger.exceptions, (one) => one.class);
  if (byClass.size === 0) return '';
  const blocks = [...byClass.entries()].map(([kind, all], index) =>
    exceptionBlock(kind, all, index === 0),
  );
  return `<h2>Exceptions <small>the first of each class; times are since run start</small></h2>${blocks.join('')}`;
}

function exceptionBlock(
  kind: ExceptionClass,
  all: readonly LedgerException[],
  open: boolean,
): string {
  const rows = all
    .slice(0, shownExceptions)
    .map(
      (one) =>
        `<tr><td class="l"><code>${esc(one.id)}</code></td><td class="l">${esc(one.room)}</td><td class="n">${one.seq === null ? '' : formatCount(one.seq)}</td>` +
        `<td class="l">${esc(one.sender)}</td><td class="l">${esc(one.recipient ?? '')}</td><td class="n">${formatDuration(one.atMs)}</td><td class="l">${esc(one.fault ?? '')}</td></tr>`,
    );
  const more = all.length > rows.length ? `, ${rows.length} shown, the rest in report.json` : '';
  return `<details class="card"${open ? ' open' : ''}><summary>${esc(kind)} <span class="muted">${formatCount(all.length)} listed${more}</span></summary>${tableBody(
    ['l:Message', 'l:Room', 'Seq', 'l:Sender', 'l:Recipient', 'At', 'l:Fault'],
    rows,
  )}</details>`;
}

export function operationSection(report: Report): string {
  const connections = httpConnectionsSentence(report);
  const rows = Object.entries(report.ops).map(([name, op]) => {
    const latency = (['p50', 'p95', 'p99', 'p999', 'max'] as const).map((key) =>
      latencyFigure(op.latencyMs, key),
    );
    return (
      `<tr><td class="l">${esc(name)}</td><td class="n">${formatCount(op.count)}</td><td class="n">${formatRate(op.ratePerSec)}</td>${bad(op.errors)}` +
      `${latency.map((ms) => `<td class="n">${ms}</td>`).join('')}<td class="n muted">${latencyFigure(op.serviceMs, 'p95')}</td></tr>`
    );
  });
  return `<h2>Operations <small>ms, counted from when each was due; service time from when it left</small></h2>${table(
    ['l:Operation', 'Count', '/s', 'Errors', 'p50', 'p95', 'p99', 'p99.9', 'max', 'service p95'],
    rows,
  )}${connections === undefined ? '' : `<p class="muted">${esc(connections)}</p>`}`;
}

export function serviceSection(report: Report): string {
  if (report.services.length === 0) return '';
  const rows = report.services.map(
    (one) =>
      `<tr><td class="l">${esc(one.name)}</td><td class="l muted">${esc(one.kind)}</td><td class="n">${formatPercent(one.cpuPct.avg)}</td><td class="n">${formatPercent(one.cpuPct.max)}</td>` +
      `<td class="n">${formatMb(one.rssMb.avg)}</td><td class="n">${formatMb(one.rssMb.max)}</td><td class="n">${one.loopLagMs === null ? '' : formatMs(one.loopLagMs)}</td><td class="n">${formatPercent(one.waitPct)}</td>${bad(one.restarts)}</tr>`,
  );
  return `<h2>Services <small>100 % CPU is one core; max is the busiest 5 s</small></h2>${table(
    [
      'l:Service',
      'l:Kind',
      'CPU avg',
      'CPU max',
      'Memory avg',
      'Memory max',
      'Loop lag p99',
      'Waited for CPU',
      'Restarts',
    ],
    rows,
  )}`;
}

export function limitSection(report: Report): string {
  const { bottleneck, generator, fidelity } = report;
  const what = `Bottleneck: ${bottleneck.kind}`;
  const check =
    fidelity.clientUsers === 0
      ? ''
      : `<div class="card text"><h3>Does the load see what real clients see?</h3><dl>
<dt>${formatCount(fidelity.leanUsers)} lean users</dt><dd>${threeFigures(fidelity.leanMs)}</dd>
<dt>${formatCount(fidelity.clientUsers)} on socket.io-client</dt><dd>${threeFigures(fidelity.clientMs)}</dd></dl></div>`;
  return `<h2>Limits</h2><div class="two">
<div class="card text"><h3>${what}</h3><p class="muted">${esc(asSentence(bottleneck.evidence))}</p></div>
<div class="card text"><h3>Load generator: ${generator.endedWorkers.length > 0 ? 'cut short' : generator.saturated ? 'saturated' : 'well'}</h3><dl>
<dt>Workers</dt><dd>${formatCount(generator.workers)}</dd><dt>CPU, memory</dt><dd>${formatPercent(generator.cpuPct)} of a core, ${formatMb(generator.rssMb)}</dd>
<dt>Event loop lag</dt><dd>p99 ${formatMs(generator.loopLagMs.p99)}, max ${formatMs(generator.loopLagMs.max)}</dd>
<dt>Sends over 50 ms late</dt><dd>${formatCount(generator.lateSends)}</dd></dl></div>${check}</div>`;
}

export function factsSection(report: Report): string {
  const { run } = report;
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  return `<h2>How it was measured</h2><div class="card text"><dl>
<dt>Machine</dt><dd>${esc(`${plural(run.host.cores, 'core')}, ${formatMb(run.host.memMb)}, kernel ${run.host.kernel}${machineUseWords(run.host)}`)}</dd>
<dt>Versions</dt><dd>${esc(versions.join(' · '))}</dd>
<dt>Seed</dt><dd>${run.seed}</dd><dt>Run</dt><dd>${esc(run.id)}</dd></dl></div>
${folded('Scenario', report.scenario)}${report.topology === null ? '' : folded('Topology', report.topology)}
<footer>Check it: <code>rtops verify</code> derives the ledger and the percentiles again from the recorded history.</footer>`;
}

function threeFigures({ p50, p95, p99 }: Report['fidelity']['leanMs']): string {
  return `p50 ${measuredMs(p50)} · p95 ${measuredMs(p95)} · p99 ${measuredMs(p99)}`;
}

function folded(title: string, value: unknown): string {
  return `<details class="card"><summary>${title} as it ran</summary><pre>${esc(stringify(value))}</pre></details>`;
}

/** Green is a finding, and a run without a verdict has none. */
function goodOf({ verdict }: Report): string {
  return verdict === 'no-data' ? '' : 'good';
}

function figure(value: string, words: string, tone = ''): string {
  return `<div class="card figure ${tone}"><b>${esc(value)}</b><span>${esc(words)}</span></div>`;
}

/** A count that should be 0, as a cell. */
export function bad(count: number): string {
  return `<td class="n${count > 0 ? ' bad' : ''}">${formatCount(count)}</td>`;
}

/** `rows`: on a phone each row becomes a small block. */
export function table(
  heads: readonly string[],
  rows: readonly string[],
  kind: '' | 'rows' = '',
): string {
  return `<div class="card">${tableBody(heads, rows, kind)}</div>`;
}

/** Columns whose name starts with `l:` are text and stand to the left. */
function tableBody(
  heads: readonly string[],
  rows: readonly string[],
  kind: '' | 'rows' = '',
): string {
  const cells = heads.map((head) =>
    head.startsWith('l:') ? `<th class="l">${esc(head.slice(2))}</th>` : `<th>${esc(head)}</th>`,
  );
  return `<div class="scroll"><table class="data ${kind}"><thead><tr>${cells.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** Whoever used it. */
function machineUseWords({ cpuPct, stealPct = 0 }: Report['run']['host']): string {
  if (cpuPct === undefined) return '';
  const stolen = stealPct < 1 ? '' : `, ${formatPercent(stealPct)} taken by the hypervisor`;
  return `, ${formatPercent(cpuPct.avg)} in use on average, ${formatPercent(cpuPct.max)} over the busiest 5 s${stolen}`;
}
