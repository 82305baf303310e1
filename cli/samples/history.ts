/**
 * The history codec: every event of a run as one record of 24 bytes, so that the ledger and the
 * percentiles can be derived again from the run folder.
 *
 *     offset  0      1     2        5        8        11   14         18
 *     field   kind   code  user     room     peer     n    value      at
 *     type    u8     u8    u24      u24      u24      u24  u32        u48
 *
 * Little endian. `at` is µs since run start. Users and rooms are indices (user i, room r); `n` is
 * the number of a message among its sender's in its room, from 0. A message's id is
 * `<sender>.<room>.<n>` behind the run's prefix, see {@link messageId}.
 */

/** Bytes of one record. */
export const recordBytes = 24;

/** What happened. `at` and the other fields mean, by kind: */
export const recordKind = {
  /** A connection was asked for. at = due. */
  connectDue: 1,
  /** Connected to the namespace. at = now, value = µs since due, n = µs from due to the dial (capped). code = transport (0 ws, 1 polling). */
  connected: 2,
  /** Connection refused or failed. at = now, code = {@link errorCode}. */
  connectFailed: 3,
  /** The connection ended. code 1 = the user meant it (leave, churn, end of run), 0 = it was thrown off. */
  disconnected: 4,
  /** Join acked. room, value = head seq at the join, n = µs it took (capped). */
  joined: 5,
  /** Join failed. room, code = {@link errorCode}. */
  joinFailed: 6,
  /**
   * Left the room by itself. room. code 1 = the server said where the membership ends: value = the
   * highest seq of the room it had sent to this member, and all it sent precedes this record. Then a
   * message is owed iff join seq < seq ≤ value, or it was overdue. code 0 = it did not say (no ack in
   * time, an ack without a seq, or a seq of another epoch), and a margin decides what was in flight.
   * code 2 = its session ended while it was away, thrown off and not back: what it missed since then
   * never came back to it, and what comes later is no longer its.
   */
  left: 7,
  /** A message left. user = sender, room, n; at = due, value = µs from due to the actual send. */
  sent: 8,
  /** Acked. user = sender, room, n, value = seq; at = now. */
  acked: 9,
  /** NACK that is a refusal. user = sender, room, n, code = {@link errorCode}. */
  refused: 10,
  /** No ack by the end of the run (at): no answer, a lost connection, or UNAVAILABLE. It may be stored. */
  indeterminate: 11,
  /** A broadcast frame, as read from the wire. user = recipient, room, peer = sender, n, value = seq. */
  delivered: 12,
  /**
   * Resumed after a reconnect. room, value = head seq; code 1 = resync (the log no longer reached
   * back, or may be counted anew): who refetches reads it again. n above 0: the member had to join
   * anew, which took n µs.
   */
  resumed: 13,
  /** A message learnt by a refetch after a resync, or of a room counted anew. Fields as delivered. */
  resynced: 14,
  /** Seen in the final read of the log. room, peer = sender, n, value = seq. */
  stored: 15,
  /**
   * An HTTP request. at = due, value = µs from due to the response, n = µs from due to the send
   * (capped), code = status class (2, 3, 4, 5), 0 where it failed, {@link httpResetCode} or
   * {@link httpGivenUpCode}, with value = µs from due to the failure; peer 1 = a
   * connection was opened for it, 0 = it went over a kept one.
   */
  http: 16,
  /** The final read of a room is complete. room, value = head seq, n = µs from asking for the last page to it (capped). */
  readDone: 17,
  /** A send that was due and never left. user = sender, room, at = due, value = µs from due to when it was given up (capped). */
  unsent: 18,
  /** A load worker ended before its time (its users: u modulo n = user). user = worker, n = workers, at = the last it wrote. */
  workerEnded: 19,
  /**
   * The room is counted in a new epoch: told so on an unbroken connection, or found so at a join. user,
   * room, value = the head above which its node shows it. A user with the client `resume` then refetches
   * what lies below.
   */
  renumbered: 20,
} as const;

/**
 * `code` of an HTTP request on a kept connection that the other end closed before any byte of the
 * answer: both may close and send at the same moment. Browsers repeat such a request by themselves.
 */
export const httpResetCode = 6;

/** `code` of an HTTP request that nobody answered, neither with a yes nor a no, until it was given up. */
export const httpGivenUpCode = 7;

/** Why something failed, as far as a client can tell. */
export const errorCode = {
  none: 0,
  dial: 1,
  httpStatus: 2,
  namespaceRefused: 3,
  timeout: 4,
  closed: 5,
  badRequest: 6,
  forbidden: 7,
  notFound: 8,
  rateLimited: 9,
  unavailable: 10,
  protocol: 11,
} as const;

/** One decoded record. */
export type HistoryRecord = {
  readonly kind: number;
  readonly code: number;
  readonly user: number;
  readonly room: number;
  readonly peer: number;
  readonly n: number;
  readonly value: number;
  /** µs since run start. */
  readonly atUs: number;
};

/** Writes one record at `offset`; no allocation, for the engine's hot path. */
export function writeRecord(
  bytes: Uint8Array,
  offset: number,
  kind: number,
  code: number,
  user: number,
  room: number,
  peer: number,
  n: number,
  value: number,
  atUs: number,
): void {
  bytes[offset] = kind;
  bytes[offset + 1] = code;
  put24(bytes, offset + 2, user);
  put24(bytes, offset + 5, room);
  put24(bytes, offset + 8, peer);
  put24(bytes, offset + 11, n);
  put24(bytes, offset + 14, value & 0xffffff);
  bytes[offset + 17] = value >>> 24;
  put24(bytes, offset + 18, atUs % 0x1000000);
  put24(bytes, offset + 21, Math.floor(atUs / 0x1000000));
}

/** Reads the record at `offset`. */
export function readRecord(bytes: Uint8Array, offset: number): HistoryRecord {
  const record = blankRecord();
  readInto(record, bytes, offset);
  return record;
}

/** A record to read into. */
export function blankRecord(): MutableRecord {
  return { kind: 0, code: 0, user: 0, room: 0, peer: 0, n: 0, value: 0, atUs: 0 };
}

type MutableRecord = { -readonly [K in keyof HistoryRecord]: HistoryRecord[K] };

/** As {@link readRecord}, without making an object. */
export function readInto(record: MutableRecord, bytes: Uint8Array, offset: number): void {
  record.kind = bytes[offset] ?? 0;
  record.code = bytes[offset + 1] ?? 0;
  record.user = get24(bytes, offset + 2);
  record.room = get24(bytes, offset + 5);
  record.peer = get24(bytes, offset + 8);
  record.n = get24(bytes, offset + 11);
  record.value = (get24(bytes, offset + 14) | ((bytes[offset + 17] ?? 0) << 24)) >>> 0;
  record.atUs = get24(bytes, offset + 18) + get24(bytes, offset + 21) * 0x1000000;
}

/** The name of user i, the JWT's `sub`. */
export function userName(index: number): string {
  return `u${index}`;
}

/** The name of room r in a run; rooms of two runs never meet. */
export function roomName(runId: string, index: number): string {
  return `${runId}-r${index}`;
}

/** A message's id on the wire: unique in the run, the same over retries. */
export function messageId(sender: number, room: number, n: number): string {
  return `${sender}.${room}.${n}`;
}

/** The parts of a {@link messageId}; `undefined` for an id that is not of this engine's making. */
export function parseMessageId(
  id: string,
): { sender: number; room: number; n: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(id);
  if (match === null) return undefined;
  return { sender: Number(match[1]), room: Number(match[2]), n: Number(match[3]) };
}

function put24(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value & 0xff;
  bytes[offset + 1] = (value >>> 8) & 0xff;
  bytes[offset + 2] = (value >>> 16) & 0xff;
}

function get24(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16);
}
