/**
 * The auditor: derives the ledger's counts and the percentiles from the history a second time, with
 * its own decoder, its own data structures (plain maps and sorted arrays, no histogram) and its own
 * reading of the rules of owed.ts. It shares no code with the ledger but the record kinds.
 * Simple before fast: it keeps the whole history in memory.
 */
import { httpGivenUpCode, httpResetCode, recordKind } from './history.ts';
import { auditFaults } from './recount-faults.ts';
import type { FaultedRun, FaultRecount, Loss } from './recount-faults.ts';
import { auditUsers } from './recount-users.ts';
import type { UserRecount } from './recount-users.ts';
import { countPairs } from './recount-pairs.ts';
import type { LatencyMs, LedgerSummary } from './summary.ts';

export type RecountOptions = {
  readonly durationMs: number;
  readonly partial: boolean;
  /** What the report says of when faults were there; left out: there were none. */
  readonly faulted?: FaultedRun | undefined;
};

/** A message and all that was ever said of it. Times in µs since run start. */
export type Message = {
  readonly sender: number;
  readonly room: number;
  readonly n: number;
  dueUs: number | undefined;
  waitUs: number;
  /** Lowest seq of all records that name it. */
  seq: number | undefined;
  acked: boolean;
  refused: boolean;
  arrived: boolean;
  /** The different seqs it has in the final read. */
  readonly storedSeqs: number[];
  /** The earliest proof that it exists: its ack or an arrival. */
  provenUs: number;
  ackedUs: number;
};

/** The final read of a room: its head, and when the last page was asked for. */
type Read = { readonly head: number; readonly askedUs: number };

/** A load worker that ended at a time; user u was of worker u modulo `of`. */
export type CutShort = { readonly worker: number; readonly of: number; readonly atUs: number };

/** One record of a user, as far as its memberships are concerned. */
export type UserEvent = {
  readonly kind: number;
  readonly code: number;
  readonly room: number;
  readonly atUs: number;
  readonly value: number;
  readonly message: Message | undefined;
};

/**
 * `count` counts what ended well and what did not; the latencies are of what was answered, and of
 * sends also of what was not: at least from due to the end of the watch.
 */
export type OpRecount = {
  readonly count: number;
  readonly errors: number;
  readonly latencyMs: LatencyMs;
  readonly serviceMs: LatencyMs;
};

export type Recount = {
  readonly records: number;
  /** Bytes after the last whole record, for each file. */
  readonly tailBytes: readonly number[];
  /** Records of a kind that no writer makes. */
  readonly unknownRecords: number;
  readonly ledger: Omit<LedgerSummary, 'exceptions'>;
  readonly users: UserRecount;
  /** The most records that two seconds in a row hold: what any one second can, wherever it begins. */
  readonly busiestSeconds: number;
  readonly ops: Readonly<Record<string, OpRecount>>;
  /** By connection: opened for the request, or kept and closed under it. */
  readonly http: {
    readonly fresh: number;
    readonly freshErrors: number;
    readonly reusedResets: number;
    readonly givenUp: number;
  };
  /** What the faults did; `undefined` without any. */
  readonly impact: FaultRecount | undefined;
};

type Op = { count: number; errors: number; latencyUs: number[]; serviceUs: number[] };

const bytesPerRecord = 24;
const logKeeps = 10_000;
const knownKinds: ReadonlySet<number> = new Set(Object.values(recordKind));

/** Derives everything again from the whole bytes of the history files. */
export function recount(files: readonly Uint8Array[], options: RecountOptions): Recount {
  const all: Message[] = [];
  /** Room → sender and n in one number → message. */
  const rooms = new Map<number, Map<number, Message>>();
  const users = new Map<number, UserEvent[]>();
  const reads = new Map<number, Read>();
  const ops = {
    connect: newOp(),
    'chat.join': newOp(),
    'chat.ack': newOp(),
    'chat.delivery': newOp(),
    http: newOp(),
  };
  const http = { fresh: 0, freshErrors: 0, reusedResets: 0, givenUp: 0 };
  const acks: { message: Message; atUs: number }[] = [];
  const unanswered: { message: Message; atUs: number }[] = [];
  const ends: number[] = [];
  const cutShort: CutShort[] = [];
  const audit = options.faulted === undefined ? undefined : auditFaults(options.faulted);
  const losses: Loss[] = [];
  const everybody = auditUsers();
  const perSecond = new Map<number, number>();
  let records = 0;
  let unknownRecords = 0;

  const messageOf = (sender: number, room: number, n: number): Message => {
    const messages = rooms.get(room) ?? new Map<number, Message>();
    rooms.set(room, messages);
    const id = sender * 0x1000000 + n;
    const known = messages.get(id);
    if (known !== undefined) return known;
    const made = newMessage(sender, room, n);
    messages.set(id, made);
    all.push(made);
    return made;
  };
  for (const file of files) {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    let lastUs = -1;
    for (let at = 0; at + bytesPerRecord <= view.byteLength; at += bytesPerRecord) {
      const r = decode(view, at);
      records++;
      if (!knownKinds.has(r.kind)) unknownRecords++;
      // Not the last record's: a send and a request carry their due time.
      lastUs = Math.max(lastUs, r.atUs);
      let message: Message | undefined;
      if (r.kind === recordKind.sent) {
        message = messageOf(r.user, r.room, r.n);
        if (message.dueUs === undefined || r.atUs < message.dueUs) message.dueUs = r.atUs;
        message.waitUs = r.value;
      } else if (r.kind === recordKind.acked) {
        message = messageOf(r.user, r.room, r.n);
        message.acked = true;
        message.ackedUs = Math.min(message.ackedUs, r.atUs);
        prove(message, r.value, r.atUs);
        acks.push({ message, atUs: r.atUs });
      } else if (r.kind === recordKind.refused) {
        messageOf(r.user, r.room, r.n).refused = true;
      } else if (r.kind === recordKind.indeterminate) {
        unanswered.push({ message: messageOf(r.user, r.room, r.n), atUs: r.atUs });
      } else if (r.kind === recordKind.unsent) {
        failed(ops['chat.ack']);
        ops['chat.ack'].latencyUs.push(r.value);
      } else if (r.kind === recordKind.delivered || r.kind === recordKind.resynced) {
        message = messageOf(r.peer, r.room, r.n);
        message.arrived = true;
        prove(message, r.value, r.atUs);
      } else if (r.kind === recordKind.stored && r.value > 0) {
        message = messageOf(r.peer, r.room, r.n);
        if (!message.storedSeqs.includes(r.value)) message.storedSeqs.push(r.value);
        prove(message, r.value, Infinity);
      } else if (r.kind === recordKind.readDone) {
        reads.set(r.room, { head: r.value, askedUs: r.atUs - r.n });
      } else if (r.kind === recordKind.workerEnded) {
        cutShort.push({ worker: r.user, of: r.n, atUs: r.atUs });
      } else if (r.kind === recordKind.connected) {
        measured(ops.connect, r.value, r.value - r.n);
      } else if (r.kind === recordKind.connectFailed) {
        failed(ops.connect);
      } else if (r.kind === recordKind.joined || (r.kind === recordKind.resumed && r.n > 0)) {
        // A member that came back by a join is `resumed`, with the time the join took.
        measured(ops['chat.join'], r.n, r.n);
      } else if (r.kind === recordKind.joinFailed) {
        failed(ops['chat.join']);
      } else if (r.kind === recordKind.http) {
        const isError = r.code !== 2 && r.code !== 3;
        if (isError) failed(ops.http);
        else ops.http.count++;
        if (r.peer === 1) http.fresh++;
        if (r.peer === 1 && isError) http.freshErrors++;
        const isReset = r.code === httpResetCode;
        if (isReset) http.reusedResets++;
        if (r.code === httpGivenUpCode) http.givenUp++;
        if (r.code !== 0 && !isReset) addLatency(ops.http, r.value, r.value - r.n);
      }
      audit?.note(r, message);
      everybody.note(r);
      const second = Math.floor(r.atUs / 1_000_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      if (concernsMembership(r.kind)) {
        const events = users.get(r.user) ?? [];
        users.set(r.user, events);
        const { kind, code, room, atUs, value } = r;
        events.push({ kind, code, room, atUs, value, message });
      }
    }
    if (lastUs >= 0) ends.push(lastUs);
  }
  const sinceDue = (op: Op, message: Message, atUs: number): void => {
    const { dueUs } = message;
    // The worker that sent it was cut short before it wrote so.
    if (dueUs === undefined) return;
    addLatency(op, atUs - dueUs, atUs - dueUs - message.waitUs);
  };
  for (const { message, atUs } of [...acks, ...unanswered]) {
    sinceDue(ops['chat.ack'], message, atUs);
  }
  ops['chat.ack'].count += acks.length;
  for (const events of users.values()) {
    for (const { kind, message, atUs } of events) {
      if (kind !== recordKind.delivered || message === undefined) continue;
      sinceDue(ops['chat.delivery'], message, atUs);
      ops['chat.delivery'].count++;
    }
  }

  const endUs = Math.min(options.durationMs * 1000, ...(options.partial ? ends : []));
  const whole = { endUs, partial: options.partial, cutShort };
  const pairs = countPairs(all, users, whole, (message) => {
    if (message.acked) losses.push({ message, unstored: false });
  });
  const { unstored, ...ofMessages } = countMessages(all, reads);
  for (const message of unstored) losses.push({ message, unstored: true });
  const notAcked = ofMessages.refused + ofMessages.indeterminate + ofMessages.recovered;
  ops['chat.ack'].count += notAcked;
  ops['chat.ack'].errors += notAcked;
  return {
    records,
    tailBytes: files.map((file) => file.byteLength % bytesPerRecord),
    unknownRecords,
    ledger: {
      sent: ofMessages.sent,
      acked: ofMessages.acked,
      refused: ofMessages.refused,
      indeterminate: ofMessages.indeterminate,
      recovered: ofMessages.recovered,
      ...pairs,
      lost: pairs.lost + unstored.length,
      duplicated: pairs.duplicated + ofMessages.storedTwice,
    },
    users: everybody.close(options.partial, cutShort),
    busiestSeconds: [...perSecond].reduce(
      (most, [second, count]) => Math.max(most, count + (perSecond.get(second + 1) ?? 0)),
      0,
    ),
    ops: Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, recounted(op)])),
    http,
    impact: audit?.close(all, losses),
  };
}

function newMessage(sender: number, room: number, n: number): Message {
  return {
    sender,
    room,
    n,
    dueUs: undefined,
    waitUs: 0,
    seq: undefined,
    acked: false,
    refused: false,
    arrived: false,
    storedSeqs: [],
    provenUs: Infinity,
    ackedUs: Infinity,
  };
}

function prove(message: Message, seq: number, atUs: number): void {
  if (seq > 0) message.seq = Math.min(message.seq ?? Infinity, seq);
  message.provenUs = Math.min(message.provenUs, atUs);
}

function concernsMembership(kind: number): boolean {
  return (
    kind === recordKind.joined ||
    kind === recordKind.left ||
    kind === recordKind.disconnected ||
    kind === recordKind.resumed ||
    kind === recordKind.delivered ||
    kind === recordKind.resynced
  );
}

function countMessages(
  messages: readonly Message[],
  reads: ReadonlyMap<number, Read>,
): Record<'sent' | 'acked' | 'refused' | 'recovered' | 'indeterminate' | 'storedTwice', number> & {
  readonly unstored: readonly Message[];
} {
  const acked = messages.filter((m) => m.acked);
  const unacked = messages.filter((m) => !m.acked);
  const open = unacked.filter((m) => !m.refused && m.dueUs !== undefined);
  const isKnown = (m: Message): boolean => m.arrived || m.storedSeqs.length > 0;
  return {
    sent: messages.filter((m) => m.dueUs !== undefined).length,
    acked: acked.length,
    refused: unacked.filter((m) => m.refused).length,
    recovered: open.filter(isKnown).length,
    indeterminate: open.filter((m) => !isKnown(m)).length,
    unstored: acked.filter((m) => {
      const read = reads.get(m.room);
      if (read === undefined || m.storedSeqs.length > 0) return false;
      const seq = m.seq ?? 0;
      // A message that was acked only after the log was asked for need not be in the answer.
      const wasThere = m.ackedUs <= read.askedUs || seq <= read.head;
      return wasThere && seq > read.head - logKeeps;
    }),
    storedTwice: messages.reduce((sum, m) => sum + Math.max(0, m.storedSeqs.length - 1), 0),
  };
}

function newOp(): Op {
  return { count: 0, errors: 0, latencyUs: [], serviceUs: [] };
}

function measured(op: Op, latencyUs: number, serviceUs: number): void {
  op.count++;
  addLatency(op, latencyUs, serviceUs);
}

function addLatency(op: Op, latencyUs: number, serviceUs: number): void {
  op.latencyUs.push(latencyUs);
  op.serviceUs.push(serviceUs);
}

function failed(op: Op): void {
  op.count++;
  op.errors++;
}

function recounted({ count, errors, latencyUs, serviceUs }: Op): OpRecount {
  return {
    count,
    errors,
    latencyMs: distribution(latencyUs),
    serviceMs: distribution(serviceUs),
  };
}

/** Nearest rank over the sorted values, in ms. */
function distribution(valuesUs: readonly number[]): LatencyMs {
  const sorted = Float64Array.from(valuesUs, (value) => Math.max(value, 1)).sort();
  const at = (q: number): number => {
    const rank = Math.max(1, Math.ceil(q * sorted.length - 1e-9));
    return (sorted[rank - 1] ?? 0) / 1000;
  };
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) };
}

function decode(view: DataView, at: number) {
  const u24 = (offset: number): number =>
    view.getUint16(at + offset, true) + view.getUint8(at + offset + 2) * 0x10000;
  return {
    kind: view.getUint8(at),
    code: view.getUint8(at + 1),
    user: u24(2),
    room: u24(5),
    peer: u24(8),
    n: u24(11),
    value: view.getUint32(at + 14, true),
    atUs: view.getUint32(at + 18, true) + view.getUint16(at + 22, true) * 0x100000000,
  };
}
