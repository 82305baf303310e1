/**
 * Test data: the history of an honest server, made by a small simulation. Members join, send, are
 * thrown off, come back by a replay, leave and join again; every frame comes in order and once. The
 * ledger of such a run has no exceptions, whatever the interleaving; tests plant defects in it.
 */
import { recordBytes, recordKind, writeRecord } from '../history.ts';
import type { HistoryRecord } from '../history.ts';

/** One step of the script. `user` is taken modulo the users there are. */
export type Step = {
  readonly act: 'send' | 'crash' | 'return' | 'leave' | 'join' | 'wait';
  readonly user: number;
  /** ms until the next step. */
  readonly pauseMs: number;
  /** ms a frame of this step takes to its recipients. */
  readonly delayMs: number;
};

export type RunShape = {
  readonly users: number;
  readonly roomSize: number;
  readonly workers: number;
  readonly steps: readonly Step[];
  /**
   * `margin`: a leave ends at a time, and what is in flight is cut off. `exact`: it ends at the seq
   * the server had sent, all of that arrives first, and the server's node may lag behind the log.
   */
  readonly leaves: 'margin' | 'exact';
};

/** A history: one list of records a worker, each in time order per user. */
export type MadeRun = {
  readonly files: readonly (readonly HistoryRecord[])[];
  readonly durationMs: number;
};

type Message = { readonly sender: number; readonly n: number; readonly seq: number };
type User = {
  readonly index: number;
  readonly room: number;
  state: 'in' | 'away' | 'leaving' | 'out';
  lastSeq: number;
  sends: number;
  inFlight: { readonly message: Message; readonly atUs: number }[];
  /** While leaving: when the ack comes, and the seq it carries. */
  letOut: { readonly atUs: number; readonly seq: number };
};

/** Plays the script, then brings everybody back, drains 5 s, reads the log and lets all leave. */
export function honestRun(shape: RunShape): MadeRun {
  const files: HistoryRecord[][] = Array.from({ length: shape.workers }, () => []);
  const logs: Message[][] = [];
  let nowUs = 0;
  const users: User[] = Array.from({ length: shape.users }, (_, index) => ({
    index,
    room: Math.floor(index / shape.roomSize),
    state: 'out',
    lastSeq: 0,
    sends: 0,
    inFlight: [],
    letOut: { atUs: 0, seq: 0 },
  }));
  const logOf = (room: number): Message[] => (logs[room] ??= []);

  const write = (user: User, kind: number, part: Partial<HistoryRecord>): void => {
    const empty = { kind, code: 0, user: user.index, room: user.room, peer: 0, n: 0, value: 0 };
    files[user.index % shape.workers]?.push({ ...empty, atUs: nowUs, ...part });
  };
  const deliver = (user: User, { sender, n, seq }: Message, atUs: number): void => {
    write(user, recordKind.delivered, { peer: sender, n, value: seq, atUs });
    user.lastSeq = seq;
  };
  const readUpTo = (user: User, untilUs: number): void => {
    while (user.inFlight[0] !== undefined && user.inFlight[0].atUs <= untilUs) {
      const frame = user.inFlight.shift();
      if (frame !== undefined) deliver(user, frame.message, frame.atUs);
    }
    const { atUs, seq } = user.letOut;
    if (user.state !== 'leaving' || atUs > untilUs) return;
    write(user, recordKind.left, { code: 1, value: seq, atUs });
    write(user, recordKind.disconnected, { code: 1, room: 0, atUs });
    user.state = 'out';
  };
  const join = (user: User): void => {
    if (user.state !== 'out') return;
    write(user, recordKind.connectDue, { room: 0 });
    write(user, recordKind.connected, { room: 0, value: 1500, n: 200 });
    user.lastSeq = logOf(user.room).length;
    write(user, recordKind.joined, { value: user.lastSeq });
    user.state = 'in';
  };
  const leave = (user: User, emitted: number): void => {
    if (user.state !== 'in') return;
    if (shape.leaves === 'exact') {
      // What the node had not sent by now it never will; what it had comes before its ack.
      user.inFlight = user.inFlight.slice(0, emitted % (user.inFlight.length + 1));
      const last = user.inFlight.at(-1);
      const seq = last?.message.seq ?? user.lastSeq;
      user.letOut = { atUs: Math.max(nowUs + 500, last?.atUs ?? 0), seq };
      user.state = 'leaving';
      return;
    }
    write(user, recordKind.left, {});
    // One frame may still come after the leave; the rest of what was in flight never does.
    const frame = user.inFlight[0];
    if (frame !== undefined) deliver(user, frame.message, nowUs + 1);
    user.inFlight = [];
    write(user, recordKind.disconnected, { code: 1, room: 0, atUs: nowUs + 2 });
    user.state = 'out';
  };
  const longestDelayUs = shape.leaves === 'exact' ? 4_000_000 : 300_000;
  const comeBack = (user: User): void => {
    if (user.state !== 'away') return;
    write(user, recordKind.connected, { room: 0, value: 1500, n: 200 });
    const log = logOf(user.room);
    for (const message of log.slice(user.lastSeq)) deliver(user, message, nowUs);
    write(user, recordKind.resumed, { value: log.length });
    user.state = 'in';
  };
  const send = (user: User, delayUs: number): void => {
    if (user.state !== 'in') return;
    const log = logOf(user.room);
    const message = { sender: user.index, n: user.sends++, seq: log.length + 1 };
    log.push(message);
    write(user, recordKind.sent, { n: message.n, value: 100 });
    write(user, recordKind.acked, { n: message.n, value: message.seq, atUs: nowUs + 900 });
    for (const member of users) {
      if (member.room !== user.room || member.state !== 'in') continue;
      const after = member.inFlight.at(-1)?.atUs ?? 0;
      const atUs = Math.max(nowUs + 500 + ((delayUs * (member.index + 1)) % longestDelayUs), after);
      member.inFlight.push({ message, atUs });
    }
  };

  for (const user of users) join(user);
  for (const step of shape.steps) {
    nowUs += step.pauseMs * 1000 + 1000;
    for (const user of users) readUpTo(user, nowUs);
    const user = users[step.user % users.length];
    if (user === undefined) continue;
    if (step.act === 'send') send(user, step.delayMs * 1000);
    if (step.act === 'join') join(user);
    if (step.act === 'leave') leave(user, step.delayMs);
    if (step.act === 'return') comeBack(user);
    if (step.act === 'crash' && user.state === 'in') {
      write(user, recordKind.disconnected, { code: 0, room: 0 });
      user.inFlight = [];
      user.state = 'away';
    }
  }
  nowUs += 1000;
  for (const user of users) comeBack(user);
  nowUs += 5_000_000;
  for (const user of users) readUpTo(user, nowUs);
  const reader = users[0];
  for (const [room, log] of logs.entries()) {
    if (reader === undefined || log === undefined) continue;
    for (const { sender, n, seq } of log) {
      write(reader, recordKind.stored, { room, peer: sender, n, value: seq });
    }
    write(reader, recordKind.readDone, { room, value: log.length });
  }
  nowUs += 1000;
  for (const user of users) leave(user, 0);
  for (const user of users) readUpTo(user, nowUs + 500);
  return { files, durationMs: nowUs / 1000 + 1 };
}

/** The records as the bytes of one history file. */
export function encodeRecords(records: readonly HistoryRecord[]): Uint8Array {
  const bytes = new Uint8Array(records.length * recordBytes);
  for (const [i, r] of records.entries()) {
    writeRecord(
      bytes,
      i * recordBytes,
      r.kind,
      r.code,
      r.user,
      r.room,
      r.peer,
      r.n,
      r.value,
      r.atUs,
    );
  }
  return bytes;
}
