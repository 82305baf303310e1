/** Acks of the chat, read without trust: the server may be anyone's. */
import type { RefusalCode } from '../../../server/contract.ts';
import { errorCode } from '../../samples/history.ts';

/** The parts of an ack this engine reads; absent or ill-typed ones are `undefined`. */
export type Reply = {
  readonly ok: boolean;
  readonly seq: number | undefined;
  readonly epoch: string | undefined;
  readonly head: number | undefined;
  readonly messages: readonly unknown[] | undefined;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;
};

export function readReply(value: unknown): Reply {
  const { ok, seq, epoch, head, messages, code, retryAfterMs } = fieldsOf(value);
  return {
    ok: ok === true,
    seq: typeof seq === 'number' ? seq : undefined,
    epoch: typeof epoch === 'string' ? epoch : undefined,
    head: typeof head === 'number' ? head : undefined,
    messages: Array.isArray(messages) ? messages : undefined,
    code: typeof code === 'string' ? code : undefined,
    retryAfterMs: typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined,
  };
}

/** What a resume brought one room. */
export type ResumedRoom = {
  readonly epoch: string | undefined;
  readonly seq: number;
  readonly resync: boolean;
};

/** Reads a `chat:resumed`; `undefined` when it says nothing of the room. */
export function readResumed(value: unknown, room: string): ResumedRoom | undefined {
  const { epoch, rooms } = fieldsOf(value);
  const told = fieldsOf(rooms)[room];
  if (typeof told !== 'object' || told === null) return undefined;
  const { seq, resync } = fieldsOf(told);
  return {
    epoch: typeof epoch === 'string' ? epoch : undefined,
    seq: typeof seq === 'number' ? seq : 0,
    resync: resync === true,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const codes: Readonly<Record<RefusalCode, number>> = {
  BAD_REQUEST: errorCode.badRequest,
  FORBIDDEN: errorCode.forbidden,
  NOT_FOUND: errorCode.notFound,
  RATE_LIMITED: errorCode.rateLimited,
  UNAVAILABLE: errorCode.unavailable,
};

/** The history's code for a refusal; what the contract does not know is a protocol error. */
export function refusalCode(code: string | undefined): number {
  return codes[code as RefusalCode] ?? errorCode.protocol;
}

/** Whether a refusal says: not now. */
export function isForLater(code: string | undefined): boolean {
  return code === 'UNAVAILABLE' || code === 'RATE_LIMITED';
}
