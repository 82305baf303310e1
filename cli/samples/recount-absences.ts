/** The auditor's reading of when a client was without the service: of one client's records, in order. */
import { recordKind } from './history.ts';
import type { Message } from './recount.ts';

/** What concerns a client's connection; `message`: of an ack. */
export type ClientEvent = {
  readonly kind: number;
  readonly code: number;
  readonly atUs: number;
  readonly message: Message | undefined;
};

/** A time without service, µs since run start; `undefined`: it did not come to that. */
export type Absence = {
  readonly user: number;
  readonly fromUs: number;
  /** From its last frame on, since a silent host says no farewell. */
  readonly silentUs: number;
  readonly dialUs: number | undefined;
  readonly connectedUs: number | undefined;
  readonly caughtUpUs: number | undefined;
  readonly backUs: number | undefined;
  readonly gaveUpUs: number | undefined;
};

/** Kinds that {@link absencesOf} reads. */
export const absenceKinds: ReadonlySet<number> = new Set([
  recordKind.connectDue,
  recordKind.connected,
  recordKind.connectFailed,
  recordKind.disconnected,
  recordKind.joined,
  recordKind.joinFailed,
  recordKind.left,
  recordKind.acked,
  recordKind.delivered,
  recordKind.resumed,
]);

/** Each absence begins with the first sign of it and ends with the next `joined`, `resumed` or leave. */
export function absencesOf(user: number, events: readonly ClientEvent[]): readonly Absence[] {
  const found: Absence[] = [];
  for (let i = 0; i < events.length; i++) {
    const first = events[i];
    if (first === undefined || !isSign(first)) continue;
    const length = events.slice(i + 1).findIndex((event) => isReturn(event) || isLeave(event));
    const end = length < 0 ? events.length : i + 1 + length;
    found.push(absence(user, events, i, end));
    i = end;
  }
  return found;
}

function absence(
  user: number,
  events: readonly ClientEvent[],
  start: number,
  end: number,
): Absence {
  const fromUs = events[start]?.atUs ?? 0;
  const within = events.slice(start + 1, end);
  // A connection counts if nothing threw the client off again before it had caught up.
  const thrownOff = within.findLastIndex(isThrownOff);
  const connected = within.findLastIndex(
    ({ kind }, at) => kind === recordKind.connected && at > thrownOff,
  );
  const anyConnected = within.findLastIndex(({ kind }) => kind === recordKind.connected);
  const last = events[end];
  const isBack = last !== undefined && isReturn(last);
  return {
    user,
    fromUs,
    silentUs: lastFrameUs(events, start) ?? fromUs,
    // The dial that led to the connection it had; one that led to none is not its way back.
    dialUs: anyConnected < 0 ? undefined : dialBefore(events, start + 1 + anyConnected),
    connectedUs: connected < 0 ? undefined : within[connected]?.atUs,
    caughtUpUs: isBack ? last.atUs : undefined,
    backUs: isBack ? last.atUs + firstAckTookUs(events, end) : undefined,
    gaveUpUs: last !== undefined && isLeave(last) ? last.atUs : undefined,
  };
}

/** What the first ack after the return took; 0 when another sign, a return or a leave came first. */
function firstAckTookUs(events: readonly ClientEvent[], back: number): number {
  const backUs = events[back]?.atUs ?? 0;
  const next = events
    .slice(back + 1)
    .find((event) => event.kind === recordKind.acked || isSign(event) || isLeave(event));
  if (next?.kind !== recordKind.acked) return 0;
  const dueUs = next.message?.dueUs;
  return Math.max(0, next.atUs - Math.max(backUs, dueUs ?? next.atUs));
}

function dialBefore(events: readonly ClientEvent[], before: number): number | undefined {
  return events.slice(0, before).findLast(({ kind }) => kind === recordKind.connectDue)?.atUs;
}

/** The last frame since the client came: an earlier session's does not count. */
function lastFrameUs(events: readonly ClientEvent[], before: number): number | undefined {
  const last = events.slice(0, before).findLast((event) => isFrame(event) || isLeave(event));
  return last === undefined || !isFrame(last) ? undefined : last.atUs;
}

function isFrame(event: ClientEvent): boolean {
  const { kind } = event;
  return kind === recordKind.acked || kind === recordKind.delivered || isReturn(event);
}

function isReturn({ kind }: ClientEvent): boolean {
  return kind === recordKind.joined || kind === recordKind.resumed;
}

function isLeave({ kind, code }: ClientEvent): boolean {
  return kind === recordKind.left || (kind === recordKind.disconnected && code !== 0);
}

function isThrownOff({ kind, code }: ClientEvent): boolean {
  return kind === recordKind.disconnected && code === 0;
}

function isSign(event: ClientEvent): boolean {
  const { kind } = event;
  return isThrownOff(event) || kind === recordKind.connectFailed || kind === recordKind.joinFailed;
}
