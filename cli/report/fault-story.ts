/** What the faults of a run did, as a person would tell it. */
import type { FaultResult } from '../samples/fault-result.ts';
import { steadyMs } from '../samples/service-level.ts';
import type { Topology } from '../topology/topology.ts';
import {
  formatCount,
  formatMs,
  formatObserved,
  formatRate,
  formatSeconds,
  plural,
} from './format.ts';
import type { Report } from './report.ts';

/** Seconds of a 30-day month that a goal of 99.9 % leaves. */
const budgetSec = 2592;

/**
 * One sentence a fault, one for the ledger of the whole run, and one for what was not shown:
 * "killed ws-2 under 500 users (251 on it): seen in 3 ms, resumed p50 1.1 s p99 1.6 s, …".
 * Empty without faults.
 */
export function faultStory(report: Report): readonly string[] {
  const { faults, ledger, topology } = report;
  if (faults.length === 0) return [];
  const unshown = unshownSentence(faults, topology);
  return [
    ...faults.map((fault) => faultSentence(fault, report.users.peak)),
    `The whole run: ${formatCount(ledger.acked)} acked, ${formatCount(ledger.lost)} lost, ${formatCount(ledger.duplicated)} duplicated, ${formatCount(ledger.reordered)} reordered.`,
    ...(unshown === undefined ? [] : [unshown]),
  ];
}

/** The story as text, a line a sentence. */
export function renderFaultStory(report: Report): string {
  return faultStory(report)
    .map((sentence) => `${sentence}\n`)
    .join('');
}

/** What one fault did to `users` users. */
export function faultSentence(fault: FaultResult, users: number): string {
  const { node, clientsOnNode } = fault;
  const on = clientsOnNode === null ? '' : ` (${formatCount(clientsOnNode)} on it)`;
  const start = `${deedOf(fault.kind)} ${node} under ${plural(users, 'user')}${on}`;
  if (fault.unfelt !== null) return `${start}: it did not bite, ${fault.unfelt}.`;
  const parts = [
    ...seen(fault),
    ...httpPart(fault),
    `${ackedPart(fault)}, ${formatCount(fault.lostAcked)} lost`,
    ...(fault.downClientSeconds > 0 ? [cost(fault, users)] : []),
    fault.mttrMs === null
      ? `not as before within the ${formatSeconds(fault.watchedMs)} it was watched`
      : `MTTR ${formatSeconds(fault.mttrMs)}${cutShort(fault.watchedMs - fault.mttrMs)}`,
  ];
  return `${start}: ${parts.join('; ')}.`;
}

/** Being as before was to be seen for ten seconds; the next fault or the end may have come sooner. */
function cutShort(steadyForMs: number): string {
  return steadyForMs < steadyMs ? ` (seen steady for ${formatSeconds(steadyForMs)} only)` : '';
}

/** What was acked while it was there, and after: two things, for a dead Redis lets nothing be acked. */
function ackedPart({
  at,
  until,
  acked,
  ackedWithin,
  dueWithin,
  answeredWithin,
}: FaultResult): string {
  const after = `${formatCount(acked - ackedWithin)} acked soon after`;
  if (until <= at) return after;
  if (ackedWithin > 0 || dueWithin === 0) {
    return `${formatCount(ackedWithin)} acked in its ${formatSeconds(until - at)}, ${after}`;
  }
  return `nothing acked in its ${formatSeconds(until - at)} (of ${formatCount(dueWithin)} due then ${formatCount(answeredWithin)} were acked later), ${after}`;
}

/** What failed on a fresh connection cannot be put down to keep-alive; what was reset on a kept one can. */
function httpPart(fault: FaultResult): readonly string[] {
  const { httpFailed, httpRequests, httpFreshFailed, httpResets } = fault;
  if (httpFailed === 0) return [];
  const parts = [
    ...(httpFreshFailed > 0 ? [`${formatCount(httpFreshFailed)} on a fresh connection`] : []),
    ...(httpResets > 0 ? [`${formatCount(httpResets)} reset on a kept one`] : []),
  ];
  const apart = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  return [`${formatCount(httpFailed)} of ${plural(httpRequests, 'HTTP request')} failed${apart}`];
}

/** Who noticed, when, and when they were back. */
function seen(fault: FaultResult): readonly string[] {
  const { affected, stalled, neverResumed, resumeMs } = fault;
  const waited = stalled > 0 ? [`${plural(stalled, 'user')} waited over 1 s for an ack`] : [];
  if (affected === 0) return waited.length > 0 ? waited : ['no chat user noticed'];
  const back =
    resumeMs.max > 0
      ? `, resumed p50 ${formatSeconds(resumeMs.p50)} p99 ${formatSeconds(resumeMs.p99)}`
      : '';
  const never = `, ${formatCount(neverResumed)} never back`;
  return [
    `${formatCount(affected)} noticed, in ${formatMs(fault.detectMs)}${back}${never}`,
    ...waited,
  ];
}

function cost(fault: FaultResult, users: number): string {
  const { downClientSeconds: downSec, stalledClientSeconds } = fault;
  const hung =
    stalledClientSeconds > 0 ? ` (${formatRate(stalledClientSeconds)} waiting for an ack)` : '';
  const sum = `${formatRate(downSec)} client-seconds down${hung}`;
  if (users === 0) return sum;
  const percent = (100 * downSec) / users / budgetSec;
  return `${sum} = ${formatObserved(percent, '%')} of a 99.9% month's budget`;
}

const deeds: Readonly<Record<string, string>> = {
  kill: 'Killed',
  term: 'Ended (SIGTERM)',
  pause: 'Paused',
  block: 'Blocked the event loop of',
  restart: 'Restarted',
  'client-kill': 'Cut all clients of',
  'power-loss': 'Pulled the plug (modelled) of',
  'slow-fsync': 'Slowed the disk of',
  reload: 'Reloaded',
  'worker-kill': 'Killed a worker of',
  'bad-config': 'Gave a broken config to',
  latency: 'Delayed',
  rate: 'Throttled',
  blackhole: 'Silenced',
  reset: 'Reset the connections of',
  refuse: 'Refused connections to',
  cut: 'Cut the connections of',
};

function deedOf(kind: string): string {
  return deeds[kind] ?? `Did ${kind} to`;
}

/** Kinds that leave the peer without a farewell. */
const silentKinds: ReadonlySet<string> = new Set(['pause', 'blackhole']);
const deathKinds: ReadonlySet<string> = new Set(['kill', 'term', 'restart', 'power-loss']);

/**
 * A dead process closes its connections; a silent host does not, and is seen by Socket.IO's heartbeat
 * alone: a client waits pingInterval + pingTimeout from the last ping, which came up to pingInterval
 * before the silence.
 */
function unshownSentence(
  faults: readonly FaultResult[],
  topology: Topology | null,
): string | undefined {
  if (topology === null || faults.some(({ kind }) => silentKinds.has(kind))) return undefined;
  if (!faults.some(({ kind }) => deathKinds.has(kind))) return undefined;
  const { pingIntervalMs, pingTimeoutMs } = topology.server;
  const [from, to] = [pingTimeoutMs, pingIntervalMs + pingTimeoutMs].map((ms) =>
    Number((ms / 1000).toFixed(1)),
  );
  const node = topology.all === null ? 'ws-1' : 'server-1';
  return `Process death only: a silent host is seen after ${from}–${to} s at these ping settings (--fault blackhole@${node} shows it).`;
}
