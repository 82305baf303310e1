/**
 * A chat connection without a client library: Engine.IO 4 and Socket.IO 5 by hand on one transport.
 * It exists because a run holds tens of thousands of them; the fidelity sample shows beside every
 * run that it measures what the real client measures.
 */
import { event } from '../../../server/contract.ts';
import { errorCode } from '../../samples/history.ts';
import type { Channel, ChannelListener, Dial } from './channel.ts';
import {
  connectFrame,
  eventFrame,
  messageFields,
  readMessage,
  readMessagePayload,
  readPacket,
  readSendAck,
} from './frames.ts';
import type { Transport, TransportFailure, TransportListener } from './transport.ts';

/** `socket.io-client` gives up on a connection that is not open after 20 s; so do lean users. */
const openTimeoutUs = 20_000_000;

const fields = messageFields();
const sendAck = { ackId: 0, seq: 0 };

/** Dials at once; what happens is told to the listener, never before this call returns. */
export function leanChannel(
  dial: Dial,
  listener: ChannelListener,
  nowUs: number,
  open: (dial: Dial, listener: TransportListener) => Transport,
): Channel {
  return new LeanChannel(dial, listener, nowUs, open);
}

class LeanChannel implements Channel, TransportListener {
  readonly #transport: Transport;
  readonly #listener: ChannelListener;
  readonly #auth: string;
  #state: 'opening' | 'in' | 'over' = 'opening';
  /** Before the namespace is joined: the deadline. After: when the next ping is overdue. */
  #deadlineUs: number;
  #silenceUs = Infinity;
  /** A ping came since the last look at the clock. */
  #pinged = false;

  constructor(
    dial: Dial,
    listener: ChannelListener,
    nowUs: number,
    open: (dial: Dial, listener: TransportListener) => Transport,
  ) {
    this.#listener = listener;
    this.#auth = dial.auth;
    this.#deadlineUs = nowUs + openTimeoutUs;
    this.#transport = open(dial, this);
  }

  emit(name: string, payload: string, ackId: number): void {
    this.#transport.send(eventFrame(name, payload, ackId));
  }

  close(): void {
    if (this.#state === 'over') return;
    const wasIn = this.#state === 'in';
    this.#state = 'over';
    this.#transport.end(wasIn);
  }

  check(nowUs: number): void {
    if (this.#pinged) {
      this.#pinged = false;
      this.#deadlineUs = nowUs + this.#silenceUs;
    } else if (nowUs > this.#deadlineUs) {
      this.#end(
        errorCode.timeout,
        this.#state === 'in' ? 'ping timeout: the server fell silent' : 'no connection within 20 s',
      );
    }
  }

  packet(data: Buffer): void {
    if (this.#state === 'over') return;
    // Frames by first byte: 4 message, 2 ping, 0 open, 1 close, 6 noop.
    switch (data[0]) {
      case 0x34:
        this.#onMessage(data);
        return;
      case 0x32:
        this.#pinged = true;
        this.#transport.send('3');
        return;
      case 0x30:
        this.#onOpen(data);
        return;
      case 0x31:
        this.#end(errorCode.closed, 'transport closed by the server');
        return;
      default:
    }
  }

  #onOpen(data: Buffer): void {
    try {
      const open: unknown = JSON.parse(data.toString('utf8', 1));
      const { pingInterval, pingTimeout } = open as { pingInterval?: number; pingTimeout?: number };
      this.#silenceUs = ((pingInterval ?? 25_000) + (pingTimeout ?? 20_000)) * 1000;
      this.#transport.send(connectFrame(this.#auth));
    } catch {
      this.#end(errorCode.protocol, 'the server speaks no Engine.IO 4');
    }
  }

  #onMessage(data: Buffer): void {
    if (readMessage(data, fields)) {
      this.#tellMessage();
    } else if (readSendAck(data, sendAck)) {
      this.#listener.ackSeq(sendAck.ackId, sendAck.seq);
    } else {
      this.#onPacket(data);
    }
  }

  #onPacket(data: Buffer): void {
    let packet;
    try {
      packet = readPacket(data.toString('utf8'));
    } catch {
      this.#end(errorCode.protocol, 'a frame with broken JSON');
      return;
    }
    switch (packet.kind) {
      case 'connect':
        if (this.#state !== 'opening') return;
        this.#state = 'in';
        this.#pinged = true;
        this.#listener.connected();
        return;
      case 'connect-error':
        this.#end(errorCode.namespaceRefused, `refused: ${packet.text}`);
        return;
      case 'disconnect':
        this.#end(errorCode.closed, 'disconnected by the server', 'final');
        return;
      case 'event':
        if (packet.name !== event.message) this.#listener.event(packet.name, packet.payload);
        else if (readMessagePayload(packet.payload, fields)) this.#tellMessage();
        return;
      case 'ack':
        this.#listener.ack(packet.id, packet.reply);
        return;
      case 'other':
    }
  }

  #tellMessage(): void {
    const { seq, sender, room, n, dueUs, waitUs } = fields;
    this.#listener.message(seq, sender, room, n, dueUs, waitUs);
  }

  failed({ kind, text }: TransportFailure): void {
    switch (kind) {
      case 'dial':
        this.#end(errorCode.dial, text);
        return;
      case 'http-status':
        this.#end(errorCode.httpStatus, text);
        return;
      case 'session-unknown':
        this.#end(errorCode.httpStatus, text, 'broken');
        return;
      case 'closed':
        this.#end(errorCode.closed, text);
    }
  }

  #end(code: number, text: string, how: 'lost' | 'final' | 'broken' = 'lost'): void {
    if (this.#state === 'over') return;
    const wasIn = this.#state === 'in';
    this.#state = 'over';
    this.#transport.end(false);
    if (wasIn) this.#listener.closed(text, how);
    else this.#listener.refused(code, text);
  }
}
