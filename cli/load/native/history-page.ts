/** One page of a room's log: the request, and what came back. */
import { historyLimit } from '../../../server/contract.ts';
import { parseMessageId } from '../../samples/history.ts';
import { readReply } from './reply.ts';

/** The payload of a `chat:history` request for what lies above `after`. */
export function historyPage(room: string, after: number): string {
  return `{"room":"${room}","after":${after},"limit":${historyLimit}}`;
}

export type HistoryPage = {
  /** The refusal's code, when it was one. */
  readonly refused: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Those of this engine's making. */
  readonly messages: readonly {
    readonly seq: number;
    readonly sender: number;
    readonly room: number;
    readonly n: number;
  }[];
  /** Of all messages on the page, whoever made them; 0 on an empty one. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The newest seq of the room. */
  readonly head: number;
};

/** Reads the ack of a `chat:history` without trust in its shape. */
export function readHistoryPage(value: unknown): HistoryPage {
  const { ok, code, retryAfterMs, messages = [], head = 0 } = readReply(value);
  const own = [];
  let firstSeq = 0;
  let lastSeq = 0;
  for (const message of messages) {
    const { seq, id } = (message ?? {}) as { seq?: unknown; id?: unknown };
    if (typeof seq !== 'number') continue;
    firstSeq = firstSeq === 0 ? seq : Math.min(firstSeq, seq);
    lastSeq = Math.max(lastSeq, seq);
    const parts = typeof id === 'string' ? parseMessageId(id) : undefined;
    if (parts !== undefined) own.push({ seq, ...parts });
  }
  return {
    refused: ok ? undefined : (code ?? 'no reason'),
    retryAfterMs,
    messages: own,
    firstSeq,
    lastSeq,
    head,
  };
}
