/** The HTML report's part on faults: the story, a row a fault, availability, the slowest messages. */
import type { FaultResult } from '../samples/fault-result.ts';
import { availabilityLines } from './availability-words.ts';
import { escapeMarkup as esc } from './escape-markup.ts';
import { faultStory } from './fault-story.ts';
import { formatCount, formatDuration, formatMs, formatRate, formatSeconds } from './format.ts';
import { bad, table } from './html-sections.ts';
import type { Report } from './report.ts';

/** What each fault did; nothing without faults. */
export function faultSection(report: Report): string {
  if (report.faults.length === 0) return '';
  const story = faultStory(report).map((sentence) => `<li>${esc(sentence)}</li>`);
  return `<h2>Faults <small>what they did to users; shaded on every chart</small></h2>
<ul class="card text story">${story.join('')}</ul>
${faultTable(report)}`;
}

/** How users came back, what it costs of a month, and who waited longest. */
export function impactSection(report: Report): string {
  return `${wayBackTable(report)}${availabilityPart(report)}${slowestPart(report)}`;
}

function faultTable({ faults }: Report): string {
  return table(
    [
      'l:Fault',
      'At',
      'For',
      'l:Bit',
      'On it',
      'Noticed',
      'Stalled',
      'Never back',
      'Acked, lost',
      'Down, client-s',
      'HTTP failed',
      'Recovered after',
    ],
    faults.map(
      (fault) =>
        `<tr><td class="l">${nameOf(fault)}<br><small class="muted">${esc(fault.evidence)}</small></td>${cell(formatDuration(fault.at))}${cell(formatDuration(fault.until - fault.at))}` +
        `<td class="l${fault.bit ? '' : ' bad'}">${fault.bit ? 'yes' : 'no'}</td>${cell(fault.clientsOnNode === null ? '' : formatCount(fault.clientsOnNode))}` +
        `${cell(formatCount(fault.affected))}${cell(formatCount(fault.stalled))}${bad(fault.neverResumed)}${bad(fault.lostAcked)}` +
        `${cell(formatRate(fault.downClientSeconds))}${cell(fault.httpRequests === 0 ? '' : `${formatCount(fault.httpFailed)} of ${formatCount(fault.httpRequests)}`)}` +
        `${fault.mttrMs === null ? '<td class="n bad">not seen</td>' : cell(formatSeconds(fault.mttrMs))}</tr>`,
    ),
  );
}

/** Only of faults that threw somebody off. */
function wayBackTable({ faults }: Report): string {
  const felt = faults.filter(({ resumeMs }) => resumeMs.max > 0);
  if (felt.length === 0) return '';
  const rows = felt.map(
    (fault) =>
      `<tr><td class="l">${nameOf(fault)}</td>${[
        fault.detect,
        fault.backoff,
        fault.connect,
        fault.resume,
      ]
        .map((part) => cell(part.max === 0 ? '–' : `${formatMs(part.p50)} / ${formatMs(part.p95)}`))
        .join('')}${[fault.resumeMs.p50, fault.resumeMs.p95, fault.resumeMs.p99, fault.resumeMs.max]
        .map((ms) => cell(formatMs(ms)))
        .join('')}${cell(`${formatCount(fault.stormPerSec)}/s`)}</tr>`,
  );
  return `<h2>The way back <small>p50 / p95 of each step; a client was back when it had caught up and was acked again</small></h2>${table(
    [
      'l:Fault',
      'Noticing',
      'Backoff',
      'Connecting',
      'Catching up',
      'Back p50',
      'p95',
      'p99',
      'max',
      'Reconnects',
    ],
    rows,
  )}`;
}

function availabilityPart({ impact }: Report): string {
  if (impact === undefined || impact === null) return '';
  const { baseline, availability } = impact;
  const steady =
    baseline.unsteady === null
      ? `${formatCount(baseline.due)} messages in ${formatDuration(baseline.untilMs - baseline.fromMs)}, ack p99 ${formatMs(baseline.ackP99Ms)}; as before means acked within ${formatMs(baseline.goodWithinMs)}.`
      : `None: ${baseline.unsteady}.`;
  const lines = availabilityLines(availability).map((line) => `<li>${esc(line)}</li>`);
  return `<h2>Availability <small>of this run; the month is an outlook, no threshold reads it</small></h2>
<div class="card text"><ul class="story"><li>Steady state before the first fault: ${esc(steady)}</li>${lines.join('')}</ul></div>`;
}

function slowestPart({ impact }: Report): string {
  const slow = impact?.worstMessages ?? [];
  if (slow.length === 0) return '';
  const rows = slow.map(
    (one) =>
      `<tr><td class="l"><code>${esc(one.id)}</code></td><td class="l">${esc(one.room)}</td>${cell(formatDuration(one.dueMs))}` +
      `${cell(one.ackedMs === null ? 'never' : formatMs(one.ackedMs - one.dueMs))}${cell(formatMs(Math.max(0, one.lastMs - one.dueMs)))}<td class="l">${esc(one.fault ?? '')}</td></tr>`,
  );
  return `<h2>The slowest messages</h2>${table(['l:Message', 'l:Room', 'Due', 'Acked after', 'Last member after', 'l:Fault'], rows)}`;
}

function nameOf({ kind, node }: FaultResult): string {
  return esc(`${kind}@${node}`);
}

function cell(text: string): string {
  return `<td class="n">${esc(text)}</td>`;
}
