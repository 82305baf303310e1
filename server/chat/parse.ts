/**
 * What clients send, checked by hand: it runs once per message, and a schema library costs more
 * than the store does. `undefined` means the payload is not what the contract says.
 */
import type {
  HistoryRequest,
  JoinRequest,
  LeaveRequest,
  RemoveRequest,
  SendRequest,
} from '../contract.ts';
import { historyLimit } from '../contract.ts';

/** Largest body, in UTF-8 bytes. */
const bodyLimitBytes = 16 * 1024;
/** Most rooms one client may resume, or be in, at once. */
export const roomsPerClient = 1000;
const idLimit = 128;

// Neither quotes nor braces nor spaces: a room name goes into Redis keys and JSON as it is.
const roomPattern = /^[A-Za-z0-9_.:-]{1,128}$/;

function parseRoom(value: unknown): string | undefined {
  return typeof value === 'string' && roomPattern.test(value) ? value : undefined;
}

export function parseJoin(payload: unknown): JoinRequest | undefined {
  const room = parseRoom(field(payload, 'room'));
  return room === undefined ? undefined : { room };
}

export function parseLeave(payload: unknown): LeaveRequest | undefined {
  return parseJoin(payload);
}

export function parseSend(payload: unknown): SendRequest | undefined {
  const room = parseRoom(field(payload, 'room'));
  const id = field(payload, 'id');
  const body = field(payload, 'body');
  if (room === undefined) return undefined;
  if (typeof id !== 'string' || id.length === 0 || id.length > idLimit) return undefined;
  if (typeof body !== 'string' || tooLong(body)) return undefined;
  // A lone surrogate has no UTF-8 form: it would come back as another text than was sent.
  if (!id.isWellFormed() || !body.isWellFormed()) return undefined;
  return { id, room, body };
}

export function parseHistory(payload: unknown): HistoryRequest | undefined {
  const room = parseRoom(field(payload, 'room'));
  const after = field(payload, 'after');
  const limit = field(payload, 'limit');
  if (room === undefined || !isSeq(after)) return undefined;
  if (!isSeq(limit) || limit === 0) return undefined;
  return { room, after, limit: Math.min(limit, historyLimit) };
}

export function parseRemove(payload: unknown): RemoveRequest | undefined {
  const room = parseRoom(field(payload, 'room'));
  const seq = field(payload, 'seq');
  return room === undefined || !isSeq(seq) || seq === 0 ? undefined : { room, seq };
}

/** The `resume` of the handshake; `undefined` when absent or malformed. */
export function parseResume(
  auth: unknown,
): { readonly epoch: string; readonly rooms: ReadonlyMap<string, number> } | undefined {
  const resume = field(auth, 'resume');
  const epoch = field(resume, 'epoch');
  const wanted = field(resume, 'rooms');
  if (typeof epoch !== 'string' || typeof wanted !== 'object' || wanted === null) return undefined;
  const rooms = new Map<string, number>();
  for (const [name, seq] of Object.entries(wanted)) {
    const room = parseRoom(name);
    if (room === undefined || !isSeq(seq) || rooms.size === roomsPerClient) return undefined;
    rooms.set(room, seq);
  }
  return { epoch, rooms };
}

function isSeq(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The own property of an object; a payload's prototype never answers. */
function field(payload: unknown, key: string): unknown {
  if (typeof payload !== 'object' || payload === null) return undefined;
  return Object.hasOwn(payload, key) ? (payload as Record<string, unknown>)[key] : undefined;
}

function tooLong(body: string): boolean {
  // Most bodies are short: a UTF-16 unit is at most 3 bytes of UTF-8.
  if (body.length * 3 <= bodyLimitBytes) return false;
  return Buffer.byteLength(body) > bodyLimitBytes;
}
