/** The auditor's reading of when a client was without the service: of its records, in order. */
import { recordKind } from './history.ts';
import type { RawRecord } from './recount-records.ts';

/** What concerns a client's connection; `dueUs`: of the message that was acked, where it is known. */
type ClientEvent = {
  readonly kind: number;
  readonly code: number;
  readonly atUs: number;
  readonly dueUs: number | undefined;
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

export type AbsenceAudit = {
  /** Every record; those of a client in their order. */
  note(record: RawRecord): void;
  /** Of all clients, each one's by time. */
  close(): readonly Absence[];
};

/** What is known of a client: its events without the frames that say nothing new, and its open sends. */
type Client = {
  readonly events: ClientEvent[];
  /** An ack came since the last event that is no frame. */
  hasAck: boolean;
  /** The last event is a frame that a later one makes needless. */
  isLastSpare: boolean;
  /** Room and n in one number → when it was due. */
  readonly dueUs: Map<number, number>;
};

/** No client yet. */
export function auditAbsences(): AbsenceAudit {
  const clients = new Map<number, Client>();
  return {
    note(r) {
      if (!absenceKinds.has(r.kind)) return;
      const known = clients.get(r.user);
      const client = known ?? { events: [], hasAck: false, isLastSpare: false, dueUs: new Map() };
      if (known === undefined) clients.set(r.user, client);
      const id = r.room * 0x1000000 + r.n;
      if (r.kind === recordKind.sent) {
        client.dueUs.set(id, Math.min(r.atUs, client.dueUs.get(id) ?? Infinity));
        return;
      }
      const isAck = r.kind === recordKind.acked;
      const { kind, code, atUs } = r;
      keep(client, { kind, code, atUs, dueUs: isAck ? client.dueUs.get(id) : undefined });
      if (isAck) client.dueUs.delete(id);
    },
    close: () => [...clients].flatMap(([user, { events }]) => absencesOf(user, events)),
  };
}

/**
 * Of a row of frames only the first ack and the last frame are ever asked for: what a client got in an
 * hour need not be remembered.
 */
function keep(client: Client, event: ClientEvent): void {
  const isFirstAck = event.kind === recordKind.acked && !client.hasAck;
  const isSpare = isPlainFrame(event) && !isFirstAck;
  if (isSpare && client.isLastSpare) client.events.pop();
  client.events.push(isSpare ? { ...event, kind: recordKind.delivered } : event);
  client.hasAck = isFirstAck || (client.hasAck && isPlainFrame(event));
  client.isLastSpare = isSpare;
}

/** Kinds that are read. */
const absenceKinds: ReadonlySet<number> = new Set([
  recordKind.connectDue,
  recordKind.connected,
  recordKind.connectFailed,
  recordKind.disconnected,
  recordKind.joined,
  recordKind.joinFailed,
  recordKind.left,
  recordKind.sent,
  recordKind.acked,
  recordKind.delivered,
  recordKind.resumed,
]);

/** When an absence was over, in ms; `endMs` where it never was. */
export function endOfAbsence({ backUs, gaveUpUs }: Absence, endMs: number): number {
  if (backUs !== undefined) return backUs / 1000;
  return Math.min(endMs, (gaveUpUs ?? Infinity) / 1000);
}

/** Each absence begins with the first sign of it and ends with the next `joined`, `resumed` or leave. */
function absencesOf(user: number, events: readonly ClientEvent[]): readonly Absence[] {
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
  return Math.max(0, next.atUs - Math.max(backUs, next.dueUs ?? next.atUs));
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
  return isPlainFrame(event) || isReturn(event);
}

function isPlainFrame({ kind }: ClientEvent): boolean {
  return kind === recordKind.acked || kind === recordKind.delivered;
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
