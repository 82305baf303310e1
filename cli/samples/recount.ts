/**
 * The auditor: derives the ledger's counts and the percentiles from the history a second time, with
 * its own decoder, its own data structures (plain maps and sorted arrays, no histogram) and its own
 * reading of the rules of owed.ts. It shares no code with the ledger but the record kinds.
 * Simple before fast: it goes through the history once for what concerns connections, then once for
 * every few rooms, whose messages and members it holds in memory until they are counted.
 */
import { recordKind } from './history.ts';
import { auditFaults } from './recount-faults.ts';
import type { FaultedRun, FaultRecount, Loss } from './recount-faults.ts';
import { auditIsolation } from './recount-isolation.ts';
import type { IsolationRecount } from './recount-isolation.ts';
import { auditMessages } from './recount-messages.ts';
import { auditOps } from './recount-ops.ts';
import type { HttpRecount, OpAudit, OpRecount } from './recount-ops.ts';
import { countPairs } from './recount-pairs.ts';
import type { CutShort, WholeRun } from './recount-pairs.ts';
import { bytesPerRecord, eachRecord } from './recount-records.ts';
import type { HistoryBytes, RawRecord } from './recount-records.ts';
import type { UserEvent } from './recount-stays.ts';
import { auditUsers } from './recount-users.ts';
import type { UserRecount } from './recount-users.ts';
import type { LedgerSummary } from './summary.ts';
import type { Spans } from './window-latency.ts';

export type RecountOptions = {
  readonly durationMs: number;
  readonly partial: boolean;
  /** What the report says of when faults were there; left out: there were none. */
  readonly faulted?: FaultedRun | undefined;
  /** What of a report one pool's figures under a deed to the other are counted from. */
  readonly isolations?: readonly Spans[] | undefined;
  /** How many records' rooms are counted at a time: the more, the more memory and the fewer passes. */
  readonly recordsAtOnce?: number | undefined;
};

export type Recount = {
  readonly records: number;
  /** Bytes after the last whole record, for each file. */
  readonly tailBytes: readonly number[];
  /** Records of a kind that no writer makes. */
  readonly unknownRecords: number;
  readonly ledger: Omit<LedgerSummary, 'exceptions'>;
  /** Rooms in which something was acked, and whose log was not read to its end. */
  readonly unreadRooms: number;
  readonly users: UserRecount;
  /** The most records that two seconds in a row hold: what any one second can, wherever it begins. */
  readonly busiestSeconds: number;
  readonly ops: Readonly<Record<string, OpRecount>>;
  readonly http: HttpRecount;
  /** What the faults did; `undefined` without any. */
  readonly impact: FaultRecount | undefined;
  /** In the order of the spans. */
  readonly isolations: readonly IsolationRecount[];
};

/** About 130 bytes each in memory. */
const defaultRecordsAtOnce = 4_000_000;
const knownKinds: ReadonlySet<number> = new Set(Object.values(recordKind));

/** Derives everything again from the history files. */
export function recount(files: readonly HistoryBytes[], options: RecountOptions): Recount {
  const { durationMs, partial, faulted, recordsAtOnce = defaultRecordsAtOnce } = options;
  const ops = auditOps();
  const everybody = auditUsers();
  const faults = faulted === undefined ? undefined : auditFaults(faulted);
  const isolations = (options.isolations ?? []).map(auditIsolation);
  const cutShort: CutShort[] = [];
  const ends: number[] = [];
  const tailBytes: number[] = [];
  const perSecond = new Map<number, number>();
  let records = 0;
  let unknownRecords = 0;
  for (const file of files) {
    let lastUs = -1;
    const length = eachRecord(file, (r) => {
      records++;
      if (!knownKinds.has(r.kind)) unknownRecords++;
      if (r.kind === recordKind.workerEnded) {
        cutShort.push({ worker: r.user, of: r.n, atUs: r.atUs });
      }
      // Not the last record's: a send and a request carry their due time.
      lastUs = Math.max(lastUs, r.atUs);
      const second = Math.floor(r.atUs / 1_000_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      ops.note(r);
      everybody.note(r);
      faults?.note(r);
      for (const one of isolations) one.note(r);
    });
    if (lastUs >= 0) ends.push(lastUs);
    tailBytes.push(length % bytesPerRecord);
  }

  const run = { endUs: Math.min(durationMs * 1000, ...(partial ? ends : [])), partial, cutShort };
  const ledger = noCounts();
  let unreadRooms = 0;
  const parts = Math.max(1, Math.ceil(records / recordsAtOnce));
  for (let part = 0; part < parts; part++) {
    const isOfPart = (kind: number, room: number): boolean =>
      kind === recordKind.disconnected || (namesRoom(kind) && room % parts === part);
    const { losses, counts, messages, unread } = countPart(files, isOfPart, run, ops);
    unreadRooms += unread;
    for (const name of countNames) ledger[name] += counts[name];
    faults?.add(messages, losses);
    for (const one of isolations) one.add(messages);
  }
  return {
    ...{ records, tailBytes, unknownRecords, ledger, unreadRooms },
    users: everybody.close(partial, cutShort),
    busiestSeconds: [...perSecond].reduce(
      (most, [second, count]) => Math.max(most, count + (perSecond.get(second + 1) ?? 0)),
      0,
    ),
    ...ops.close(),
    impact: faults?.close(),
    isolations: isolations.map((one) => one.close()),
  };
}

/** The messages and the members of some rooms, from all files. */
function countPart(
  files: readonly HistoryBytes[],
  isOfPart: (kind: number, room: number) => boolean,
  run: WholeRun,
  ops: OpAudit,
) {
  const messages = auditMessages();
  const users = new Map<number, UserEvent[]>();
  const waits: UserEvent[] = [];
  const visit = (r: RawRecord): void => {
    const { kind, code, user, room, atUs, value, n: tookUs } = r;
    const message = messages.note(r);
    const event = { kind, code, room, atUs, value, tookUs, message };
    if (kind === recordKind.acked || kind === recordKind.indeterminate) waits.push(event);
    if (!concernsMembership(kind)) return;
    const events = users.get(user) ?? [];
    users.set(user, events);
    events.push(event);
  };
  for (const file of files) eachRecord(file, visit, isOfPart);

  // When a message was due may stand in a later file than that it arrived.
  for (const { message, atUs } of waits) if (message !== undefined) ops.acked(message, atUs);
  for (const events of users.values()) {
    for (const { kind, message, atUs } of events) {
      if (kind === recordKind.delivered && message !== undefined) ops.delivered(message, atUs);
    }
  }
  const losses: Loss[] = [];
  const pairs = countPairs(messages, users, run, (message) => {
    if (message.acked) losses.push({ message, unstored: false });
  });
  const { unstored, storedTwice, unreadRooms: unread, ...ofMessages } = messages.count();
  for (const message of unstored) losses.push({ message, unstored: true });
  const { refused, indeterminate, recovered } = ofMessages;
  const acks = waits.filter(({ kind }) => kind === recordKind.acked).length;
  ops.count(acks, refused + indeterminate + recovered);
  const counts = {
    ...ofMessages,
    ...pairs,
    lost: pairs.lost + unstored.length,
    duplicated: pairs.duplicated + storedTwice,
  };
  return { counts, losses, unread, messages: messages.all };
}

const roomless: ReadonlySet<number> = new Set([
  recordKind.connectDue,
  recordKind.connected,
  recordKind.connectFailed,
  recordKind.disconnected,
  recordKind.http,
  recordKind.workerEnded,
]);

function namesRoom(kind: number): boolean {
  return !roomless.has(kind);
}

function concernsMembership(kind: number): boolean {
  return (
    kind === recordKind.joined ||
    kind === recordKind.left ||
    kind === recordKind.disconnected ||
    kind === recordKind.resumed ||
    kind === recordKind.renumbered ||
    kind === recordKind.delivered ||
    kind === recordKind.resynced
  );
}

const countNames = [
  ...(['sent', 'acked', 'refused', 'indeterminate', 'recovered'] as const),
  ...(['expected', 'delivered', 'lost', 'late', 'duplicated'] as const),
  ...(['reordered', 'dropped', 'neverBack', 'resynced'] as const),
];

function noCounts(): Record<(typeof countNames)[number], number> {
  return {
    ...{ sent: 0, acked: 0, refused: 0, indeterminate: 0, recovered: 0 },
    ...{ expected: 0, delivered: 0, lost: 0, late: 0, duplicated: 0 },
    ...{ reordered: 0, dropped: 0, neverBack: 0, resynced: 0 },
  };
}
