/**
 * Socket.IO 5 frames of the chat namespace, read straight from their bytes. A broadcast whose keys
 * come in the contract's order is read without making an object or a string; any other shape goes
 * through `JSON.parse`, so a message is understood whatever its body or key order.
 */
import { chatNamespace, event } from '../../../server/contract.ts';
import { parseMessageId } from '../../samples/history.ts';

/** Reused by {@link readMessage}: the last message read. */
export type MessageFields = {
  seq: number;
  sender: number;
  room: number;
  n: number;
  dueUs: number;
  waitUs: number;
};

/** Fields for {@link readMessage} to fill. */
export function messageFields(): MessageFields {
  return { seq: 0, sender: 0, room: 0, n: 0, dueUs: 0, waitUs: 0 };
}

const messageStart = Buffer.from(`42${chatNamespace},["${event.message}",{"room":"`);
const ackStart = Buffer.from(`43${chatNamespace},`);
const keySeq = Buffer.from('","seq":');
const keyId = Buffer.from(',"id":"');
const keySender = Buffer.from('","sender":"');
const keyBody = Buffer.from('","body":"');
const ackOk = Buffer.from('[{"ok":true,"seq":');

const quote = 0x22;
const backslash = 0x5c;
const dot = 0x2e;
const plus = 0x2b;
const bar = 0x7c;

/**
 * Reads a broadcast in the contract's key order into `into`. False when the frame is anything
 * else, or is one this fast reader is not sure of: then {@link readPacket} must have a look.
 */
export function readMessage(frame: Buffer, into: MessageFields): boolean {
  if (!startsWith(frame, 0, messageStart)) return false;
  let at = plainTextEnd(frame, messageStart.length);
  if (!startsWith(frame, at, keySeq)) return false;
  at = number(frame, at + keySeq.length);
  if (at < 0) return false;
  into.seq = numberRead;
  if (!startsWith(frame, at, keyId)) return false;
  at = number(frame, at + keyId.length);
  if (at < 0 || frame[at] !== dot) return false;
  into.sender = numberRead;
  at = number(frame, at + 1);
  if (at < 0 || frame[at] !== dot) return false;
  into.room = numberRead;
  at = number(frame, at + 1);
  if (at < 0) return false;
  into.n = numberRead;
  if (!startsWith(frame, at, keySender)) return false;
  at = plainTextEnd(frame, at + keySender.length);
  if (!startsWith(frame, at, keyBody)) return false;
  at = number(frame, at + keyBody.length);
  if (at < 0 || frame[at] !== plus) return false;
  into.dueUs = numberRead;
  at = number(frame, at + 1);
  if (at < 0 || frame[at] !== bar) return false;
  into.waitUs = numberRead;
  const last = frame.length - 1;
  return frame[last] === 0x5d && frame[last - 1] === 0x7d;
}

/** The ack id and seq of `43/chat,<id>[{"ok":true,"seq":<seq>,…`; false for any other ack. */
export function readSendAck(frame: Buffer, into: { ackId: number; seq: number }): boolean {
  if (!startsWith(frame, 0, ackStart)) return false;
  let at = number(frame, ackStart.length);
  if (at < 0) return false;
  into.ackId = numberRead;
  if (!startsWith(frame, at, ackOk)) return false;
  at = number(frame, at + ackOk.length);
  if (at < 0) return false;
  into.seq = numberRead;
  // A join ack also carries an epoch, and a send ack an `at`; only the latter ends here.
  return startsWith(frame, at, keyAt);
}
const keyAt = Buffer.from(',"at":');

/** A decoded Socket.IO packet of the chat namespace. */
export type Packet =
  | { readonly kind: 'connect' }
  | { readonly kind: 'connect-error'; readonly text: string }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'event'; readonly name: string; readonly payload: unknown }
  | { readonly kind: 'ack'; readonly id: number; readonly reply: unknown }
  | { readonly kind: 'other' };

/**
 * Reads any Engine.IO message frame (`4…`). Packets of other namespaces and of unknown types are
 * `other`. Throws a SyntaxError on a frame whose JSON is broken.
 */
export function readPacket(text: string): Packet {
  const match = /^4([0-6])(?:(\/[^,]*),?)?(\d*)/.exec(text);
  if (match === null || match[2] !== chatNamespace) return { kind: 'other' };
  const rest = text.slice(match[0].length);
  switch (match[1]) {
    case '0':
      return { kind: 'connect' };
    case '1':
      return { kind: 'disconnect' };
    case '2': {
      const [name, payload] = list(rest);
      return { kind: 'event', name: String(name), payload };
    }
    case '3':
      return { kind: 'ack', id: Number(match[3]), reply: list(rest)[0] };
    case '4':
      return { kind: 'connect-error', text: connectErrorText(rest) };
    default:
      return { kind: 'other' };
  }
}

/**
 * The fields of a `chat:message` payload; false when it is not a message of this engine's making
 * (another client in the room).
 */
export function readMessagePayload(payload: unknown, into: MessageFields): boolean {
  if (typeof payload !== 'object' || payload === null) return false;
  const { seq, id, body } = payload as { seq?: unknown; id?: unknown; body?: unknown };
  if (typeof seq !== 'number' || typeof id !== 'string' || typeof body !== 'string') return false;
  const parts = parseMessageId(id);
  const times = /^(\d+)\+(\d+)\|/.exec(body);
  if (parts === undefined || times === null) return false;
  into.seq = seq;
  into.sender = parts.sender;
  into.room = parts.room;
  into.n = parts.n;
  into.dueUs = Number(times[1]);
  into.waitUs = Number(times[2]);
  return true;
}

/**
 * A message's body: `<due>+<wait>|` in µs since run start, filled with `x` up to `bytes`. `wait` is
 * how long after its due time it left.
 */
export function messageBody(dueUs: number, waitUs: number, bytes: number): string {
  const head = `${dueUs}+${waitUs}|`;
  const missing = bytes - head.length;
  return missing <= 0 ? head : head + filler(missing);
}

/** `42/chat,<ackId>["<name>",<payload>]` */
export function eventFrame(name: string, payload: string, ackId: number): string {
  return `42${chatNamespace},${ackId}["${name}",${payload}]`;
}

/** `40/chat,<auth>` */
export function connectFrame(auth: string): string {
  return `40${chatNamespace},${auth}`;
}

const fillers = new Map<number, string>();
function filler(length: number): string {
  let text = fillers.get(length);
  if (text === undefined) {
    text = 'x'.repeat(length);
    if (fillers.size < 64) fillers.set(length, text);
  }
  return text;
}

function startsWith(frame: Buffer, offset: number, part: Buffer): boolean {
  if (offset < 0 || offset + part.length > frame.length) return false;
  for (let i = 0; i < part.length; i += 1) if (frame[offset + i] !== part[i]) return false;
  return true;
}

/** The index of the closing quote; -1 when the text holds an escape or has no end. */
function plainTextEnd(frame: Buffer, from: number): number {
  for (let at = from; at < frame.length; at += 1) {
    const byte = frame[at];
    if (byte === quote) return at;
    if (byte === backslash) return -1;
  }
  return -1;
}

/** The last value {@link number} read; a variable, because a pair would be allocated a call. */
let numberRead = 0;

/** Reads digits into `numberRead`; the index behind them, -1 when there are none. */
function number(frame: Buffer, from: number): number {
  let value = 0;
  let at = from;
  for (; at < frame.length; at += 1) {
    const digit = (frame[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at === from || at - from > 15) return -1;
  numberRead = value;
  return at;
}

function list(json: string): readonly unknown[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value : [];
}

function connectErrorText(json: string): string {
  const value: unknown = json === '' ? {} : JSON.parse(json);
  const { message, data } = value as { message?: unknown; data?: { code?: unknown } };
  const code = typeof data?.code === 'string' ? ` (${data.code})` : '';
  return `${typeof message === 'string' ? message : 'connection refused'}${code}`;
}
