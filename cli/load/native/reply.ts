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
  const fields = typeof value === 'object' && value !== null ? value : {};
  const { ok, seq, epoch, head, messages, code, retryAfterMs } = fields as Record<string, unknown>;
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
