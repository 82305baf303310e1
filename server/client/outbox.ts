/**
 * Sending so that nothing is stored twice and nothing overtakes: a message has one id for good, is
 * tried again with that id until it is answered or its time is up, and waits for the one before it
 * in its room.
 */
import type { RefusalCode, SendAck, SendRequest } from '../contract.ts';
import { jittered, sleep } from './wait.ts';

export type Sent = { readonly id: string; readonly seq: number; readonly at: number };

/**
 * `refused`: not stored, and the server said so. `unsent`: it never left. `unknown`: it left, and
 * nothing that came back says whether it was stored.
 */
export class SendFailed extends Error {
  readonly kind: 'refused' | 'unsent' | 'unknown';
  readonly id: string;
  constructor(kind: SendFailed['kind'], id: string, why: string) {
    super(`message ${id} ${kind}: ${why}`);
    this.name = 'SendFailed';
    this.kind = kind;
    this.id = id;
  }
}

type OutboxDeps = {
  /** `undefined`: no answer came. */
  readonly ask: (request: SendRequest) => Promise<SendAck | undefined>;
  /** Whether the connection stands and its user is in the room. */
  readonly isIn: (room: string) => boolean;
  /** Resolves when that may have changed, or after `ms`. */
  readonly untilUp: (ms: number) => Promise<void>;
  readonly isClosed: () => boolean;
  /** How long one message is tried. */
  readonly withinMs: number;
};

export type Outbox = {
  /** Resolves when stored. Rejects with {@link SendFailed}. */
  send(request: SendRequest): Promise<Sent>;
};

/** Codes that say: not now. */
export const retryable: ReadonlySet<RefusalCode> = new Set(['UNAVAILABLE', 'RATE_LIMITED']);
/** How long to wait before the next try where the server does not say. */
export const retryMs = 500;

export function outbox(deps: OutboxDeps): Outbox {
  /** The last send of each room, while it lasts. */
  const lastOf = new Map<string, Promise<unknown>>();

  const sendNow = async (request: SendRequest, until: number): Promise<Sent> => {
    const { id } = request;
    let known: SendFailed['kind'] = 'unsent';
    for (;;) {
      const leftMs = until - performance.now();
      if (deps.isClosed()) throw new SendFailed(known, id, 'closed');
      if (leftMs <= 0) throw new SendFailed(known, id, 'too late');
      if (!deps.isIn(request.room)) {
        await deps.untilUp(Math.min(leftMs, 1000));
        continue;
      }
      const ack = await deps.ask(request);
      if (ack?.ok === true) return { id, seq: ack.seq, at: ack.at };
      // Once it may have been stored, no later refusal says that it was not.
      if (ack === undefined || ack.code === 'UNAVAILABLE') known = 'unknown';
      else if (known === 'unsent') known = 'refused';
      if (ack === undefined) continue;
      if (!retryable.has(ack.code)) throw new SendFailed(known, id, ack.code);
      const waitMs = jittered(ack.retryAfterMs ?? retryMs);
      await sleep(Math.min(waitMs, Math.max(0, until - performance.now())));
    }
  };

  return {
    send: async (request) => {
      const until = performance.now() + deps.withinMs;
      const sent = (lastOf.get(request.room) ?? Promise.resolve()).then(() =>
        sendNow(request, until),
      );
      const settled = sent.catch(() => {});
      lastOf.set(request.room, settled);
      try {
        return await sent;
      } finally {
        if (lastOf.get(request.room) === settled) lastOf.delete(request.room);
      }
    },
  };
}
