/**
 * A chat connection of the real `socket.io-client`, for the fidelity sample. It reconnects by the
 * same rule as a lean user, driven from outside, so that both keep the same history.
 */
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { chatNamespace, event } from '../../../server/contract.ts';
import { errorCode } from '../../samples/history.ts';
import type { Channel, ChannelListener, Dial } from './channel.ts';
import { messageFields, readMessagePayload } from './frames.ts';

const fields = messageFields();

/** Dials at once, by WebSocket alone. */
export function clientChannel(dial: Dial, listener: ChannelListener): Channel {
  return new ClientChannel(dial, listener);
}

class ClientChannel implements Channel {
  readonly #socket: Socket;
  readonly #listener: ChannelListener;
  #state: 'opening' | 'in' | 'over' = 'opening';

  constructor(dial: Dial, listener: ChannelListener) {
    this.#listener = listener;
    const { localAddress } = dial;
    const options = {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: JSON.parse(dial.auth) as Record<string, unknown>,
      // Not among the declared options: engine.io-client hands it to `ws` on Node.
      ...(localAddress === undefined ? {} : { localAddress }),
    };
    this.#socket = io(new URL(chatNamespace, dial.url).href, options);
    this.#listen();
  }

  emit(name: string, payload: string, ackId: number): void {
    if (this.#state === 'over') return;
    this.#socket.emit(name, JSON.parse(payload), (reply: unknown) => {
      if (this.#state !== 'over') this.#listener.ack(ackId, reply);
    });
  }

  close(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#shut();
  }

  check(): void {
    // The client keeps its own watch.
  }

  #listen(): void {
    this.#socket.on('connect', () => {
      if (this.#state !== 'opening') return;
      this.#state = 'in';
      this.#listener.connected();
    });
    this.#socket.on('connect_error', (error: Error) => {
      const { code, text } = connectFailure(error);
      this.#end(code, text, 'lost');
    });
    this.#socket.on('disconnect', (reason) => {
      this.#end(errorCode.closed, reason, reason === 'io server disconnect' ? 'final' : 'lost');
    });
    this.#socket.onAny((name: string, payload: unknown) => {
      if (this.#state === 'over') return;
      if (name !== event.message) this.#listener.event(name, payload);
      else if (readMessagePayload(payload, fields)) {
        const { seq, sender, room, n, dueUs, waitUs } = fields;
        this.#listener.message(seq, sender, room, n, dueUs, waitUs);
      }
    });
  }

  #end(code: number, text: string, how: 'lost' | 'final'): void {
    if (this.#state === 'over') return;
    const wasIn = this.#state === 'in';
    this.#state = 'over';
    this.#shut();
    if (wasIn) this.#listener.closed(text, how);
    else this.#listener.refused(code, text);
  }

  #shut(): void {
    this.#socket.disconnect();
    this.#socket.io.engine?.close();
  }
}

function connectFailure(error: Error): { code: number; text: string } {
  const { message, description, data } = error as Error & {
    description?: { message?: string };
    data?: { code?: unknown };
  };
  // Only a refusal by the namespace comes without the transport's type.
  if (!('type' in error)) {
    const code = typeof data?.code === 'string' ? ` (${data.code})` : '';
    return { code: errorCode.namespaceRefused, text: `refused: ${message}${code}` };
  }
  const cause = description?.message ?? message;
  const status = /^Unexpected server response: (\d+)/.exec(cause)?.[1];
  if (status !== undefined) {
    return { code: errorCode.httpStatus, text: `HTTP ${status} at the handshake` };
  }
  return { code: errorCode.dial, text: cause };
}
