/** The auditor's figures of one fault. */
import { httpGivenUpCode, httpResetCode } from './history.ts';
import { endOfAbsence } from './recount-absences.ts';
import type { Absence } from './recount-absences.ts';
import type { Message } from './recount-messages.ts';
import type { RawRecord } from './recount-records.ts';
import type { Hang } from './recount-stalls.ts';

/** After its end a fault still counts for this long. */
export const aftermathMs = 10_000;
const failedCodes = [0, 5, httpResetCode, httpGivenUpCode];

/** What is counted of a fault, message by message and request by request. Times in ms. */
export type FaultCount = {
  readonly at: number;
  readonly until: number;
  /** When the next fault began, or the load ended. */
  readonly nextMs: number;
  /** Until then what comes is put down to it. */
  readonly toMs: number;
  /** User → its first sign. */
  readonly signs: Map<number, number>;
  /** Of the acks of what was due while it was there. */
  readonly waitsMs: number[];
  readonly seen: Record<
    | 'due'
    | 'acked'
    | 'dueWithin'
    | 'answeredWithin'
    | 'ackedWithin'
    | 'lostAcked'
    | 'httpRequests'
    | 'httpFailed'
    | 'httpFreshFailed'
    | 'httpResets',
    number
  >;
};

/** Nothing counted yet. */
export function countOf(
  { at, until }: { readonly at: number; readonly until: number },
  faults: readonly { readonly at: number }[],
  endMs: number,
): FaultCount {
  const nextMs = Math.min(endMs, ...faults.map((one) => one.at).filter((ms) => ms > at));
  return {
    ...{ at, until, nextMs, toMs: Math.max(until, Math.min(until + aftermathMs, nextMs)) },
    ...{ signs: new Map(), waitsMs: [] },
    seen: {
      ...{ due: 0, acked: 0, dueWithin: 0, answeredWithin: 0, ackedWithin: 0, lostAcked: 0 },
      ...{ httpRequests: 0, httpFailed: 0, httpFreshFailed: 0, httpResets: 0 },
    },
  };
}

export function noteRequest({ at, toMs, seen }: FaultCount, { atUs, code, peer }: RawRecord): void {
  if (!isIn(atUs, at, toMs)) return;
  seen.httpRequests++;
  if (!failedCodes.includes(code)) return;
  seen.httpFailed++;
  if (peer === 1) seen.httpFreshFailed++;
  if (code === httpResetCode) seen.httpResets++;
}

export function noteMessage({ at, until, toMs, seen, waitsMs }: FaultCount, one: Message): void {
  const { dueUs, acked, ackedUs } = one;
  if (isIn(ackedUs, at, toMs)) seen.acked++;
  if (isIn(ackedUs, at, until)) seen.ackedWithin++;
  if (dueUs === undefined) return;
  if (isIn(dueUs, at, toMs)) seen.due++;
  if (!isIn(dueUs, at, until)) return;
  seen.dueWithin++;
  if (!acked) return;
  seen.answeredWithin++;
  waitsMs.push((ackedUs - dueUs) / 1000);
}

/** `mine`: absences that are put down to the fault; `hung`: waits on a living connection. */
export function figuresOf(
  { at, nextMs, signs, waitsMs, seen }: FaultCount,
  mine: readonly Absence[],
  hung: readonly Hang[],
  endMs: number,
): Record<string, number> {
  const detected = [...signs.values()].map((ms) => Math.max(0, ms - at));
  const lasts = [...Map.groupBy(mine, ({ user }) => user).values()].flatMap(
    (own) => own.at(-1) ?? [],
  );
  const back = lasts.filter(isBack);
  const whole = back.filter(isWhole);
  const backMs = back.map(({ backUs }) => backUs / 1000 - at);
  const hungSec = sum(hung.map((one) => one.untilMs - Math.max(at, one.fromMs))) / 1000;
  const awaySec = sum(mine.map((one) => downMs(one, at, endMs))) / 1000;
  return {
    ...seen,
    affected: signs.size,
    detectMs: nearestRank(detected, 0.5),
    firstBackMs: backMs.length === 0 ? Infinity : nearestRank(backMs, 0),
    watchedMs: Math.max(0, nextMs - at),
    ...named('detect', detected),
    ...named('resumeMs', backMs),
    ...named(
      'backoff',
      whole.map(({ fromUs, dialUs }) => (dialUs - fromUs) / 1000),
    ),
    ...named(
      'connect',
      whole.map(({ dialUs, connectedUs }) => (connectedUs - dialUs) / 1000),
    ),
    ...named(
      'resume',
      whole.map(({ connectedUs, backUs }) => (backUs - connectedUs) / 1000),
    ),
    neverResumed: lasts.length - back.length,
    downClientSeconds: awaySec + hungSec,
    stormPerSec: storm(whole.map(({ connectedUs }) => connectedUs)),
    stalled: new Set(hung.map(({ user }) => user).filter((user) => !signs.has(user))).size,
    stalledClientSeconds: hungSec,
    ackP99Ms: nearestRank(waitsMs, 0.99),
  };
}

function isIn(us: number, fromMs: number, toMs: number): boolean {
  return us >= fromMs * 1000 && us <= toMs * 1000;
}

type Back = Absence & { readonly backUs: number };
type Whole = Back & { readonly dialUs: number; readonly connectedUs: number };

function isBack(one: Absence): one is Back {
  return one.backUs !== undefined;
}

function isWhole(one: Back): one is Whole {
  return one.dialUs !== undefined && one.connectedUs !== undefined;
}

/** Since a fault began, where that was later than its last frame. */
export function downMs(one: Absence, sinceMs: number, endMs: number): number {
  return Math.max(0, endOfAbsence(one, endMs) - Math.max(sinceMs, one.silentUs / 1000));
}

/** The most in any one second. */
function storm(timesUs: readonly number[]): number {
  const second: number[] = [];
  let most = 0;
  for (const us of timesUs.toSorted((a, b) => a - b)) {
    while (second.length > 0 && (second[0] ?? 0) <= us - 1_000_000) second.shift();
    most = Math.max(most, second.push(us));
  }
  return most;
}

function named(name: string, values: readonly number[]): Record<string, number> {
  return {
    [`${name} p50`]: nearestRank(values, 0.5),
    [`${name} p95`]: nearestRank(values, 0.95),
    [`${name} p99`]: nearestRank(values, 0.99),
    [`${name} max`]: nearestRank(values, 1),
  };
}

/** 0 of none. */
export function nearestRank(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
