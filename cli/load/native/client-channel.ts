/**
 * A chat connection of the real `socket.io-client`: the fidelity sample (websocket) and the users
 * on HTTP long polling. It reconnects by the same rule as a lean user, driven from outside, so that
 * both keep the same history.
 */
import { Agent } from 'node:http';

import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { chatNamespace, event } from '../../../server/contract.ts';
import { errorCode } from '../../samples/history.ts';
import type { Channel, ChannelListener, Dial } from './channel.ts';
import { messageFields, readMessagePayload } from './frames.ts';

const fields = messageFields();

/** Dials at once with the one transport given; it never upgrades. */
export function clientChannel(
  dial: Dial,
  listener: ChannelListener,
  transport: 'websocket' | 'polling',
): Channel {
  return new ClientChannel(dial, listener, transport);
}

class ClientChannel implements Channel {
  readonly #socket: Socket;
  readonly #listener: ChannelListener;
  readonly #agent: Agent | undefined;
  #state: 'opening' | 'in' | 'over' = 'opening';

  constructor(dial: Dial, listener: ChannelListener, transport: 'websocket' | 'polling') {
    this.#listener = listener;
    const { localAddress } = dial;
    // An agent of its own keeps a polling user on its own connections, as a browser's would be.
    this.#agent =
      transport === 'polling'
        ? new Agent({ keepAlive: true, ...(localAddress === undefined ? {} : { localAddress }) })
        : undefined;
    const options = {
      transports: [transport],
      upgrade: false,
      forceNew: true,
      reconnection: false,
      auth: JSON.parse(dial.auth) as Record<string, unknown>,
      ...(this.#agent === undefined ? {} : { agent: this.#agent }),
      ...(localAddress === undefined ? {} : { localAddress }),
    };
    // `agent` is declared a string for browsers; on Node it is handed to `http.request`.
    this.#socket = io(new URL(chatNamespace, dial.url).href, options as unknown as object);
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
    this.#socket.on('disconnect', (reason, details) => {
      const failure = details === undefined ? undefined : connectFailure(details);
      const broken = failure?.broken === true;
      const text = broken ? failure.text : reason;
      const final = reason === 'io server disconnect';
      this.#end(errorCode.closed, text, broken ? 'broken' : final ? 'final' : 'lost');
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

  #end(code: number, text: string, how: 'lost' | 'final' | 'broken'): void {
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
    this.#agent?.destroy();
  }
}

/** Engine.IO reports a failed poll as a bare error with the status and the request beside it. */
function connectFailure(error: unknown): { code: number; text: string; broken: boolean } {
  const { message, description, context, data } = error as {
    message?: string;
    description?: unknown;
    context?: { responseText?: unknown };
    data?: { code?: unknown };
  };
  const answer = typeof context?.responseText === 'string' ? context.responseText : '';
  if (description === 400 && /"code":1\b/.test(answer)) {
    return { code: errorCode.httpStatus, text: sessionUnknown, broken: true };
  }
  if (typeof description === 'number' && description > 0) {
    return {
      code: errorCode.httpStatus,
      text: `HTTP ${description} at the handshake`,
      broken: false,
    };
  }
  // Only a refusal by the namespace comes without the transport's type.
  if (!('type' in (error as object))) {
    const code = typeof data?.code === 'string' ? ` (${data.code})` : '';
    return {
      code: errorCode.namespaceRefused,
      text: `refused: ${message ?? 'connection refused'}${code}`,
      broken: false,
    };
  }
  return { code: errorCode.dial, text: message ?? 'no connection', broken: false };
}

/** What a polling user meets when its requests reach a node that did not open its session. */
export const sessionUnknown = 'broken session: HTTP 400, Session ID unknown';
