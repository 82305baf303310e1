/**
 * A WebSocket client (RFC 6455) on a bare TCP socket, for lean users only. It exists for its price:
 * every socket of a worker reads into one buffer and a frame is handed on without a stream, a
 * receiver or a copy between. `ws` carries wss: and is what the tests hold this against.
 */
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import type { Dial } from './channel.ts';
import { closeFrame, createFrameReader, maskedFrame, opcode } from './web-socket-frames.ts';
import type { FrameReader } from './web-socket-frames.ts';
import { enginePath } from './transport.ts';
import type { Transport, TransportFailure, TransportListener } from './transport.ts';

/** RFC 6455 §1.3: what the server proves it read the key with. */
const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A response head longer than this is no handshake. */
const longestHeadBytes = 16_384;
/** How long a connection said goodbye on may stay before it is cut. */
const lingerMs = 5000;

/** All sockets of the process read here: what was read is consumed before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

/** Dials at once; a `http:` URL only. */
export function rawWebSocketTransport(dial: Dial, listener: TransportListener): Transport {
  return new RawWebSocket(dial, listener);
}

class RawWebSocket implements Transport {
  readonly #socket: Socket;
  readonly #listener: TransportListener;
  readonly #accept: string;
  #frames: FrameReader | undefined;
  /** The response head so far, until it is whole. */
  #head: Buffer | undefined;
  #over = false;

  constructor({ url, localAddress }: Dial, listener: TransportListener) {
    this.#listener = listener;
    const key = randomBytes(16).toString('base64');
    this.#accept = createHash('sha1').update(`${key}${acceptGuid}`).digest('base64');
    this.#socket = connect({
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(url.port === '' ? 80 : url.port),
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
      onread: {
        buffer: readBuffer,
        callback: (count) => {
          this.#read(count);
          return true;
        },
      },
    });
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const kind = this.#frames === undefined ? 'dial' : 'closed';
      this.#fail({ kind, text: error.code ?? error.message });
    });
    this.#socket.on('close', () => this.#closed(1006));
    this.#socket.write(
      `GET ${enginePath('websocket')} HTTP/1.1\r\nHost: ${url.host}\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
  }

  send(packet: string): void {
    if (!this.#over && this.#frames !== undefined) {
      this.#socket.write(maskedFrame(opcode.text, packet));
    }
  }

  end(politely: boolean): void {
    this.#over = true;
    if (!politely || this.#frames === undefined) {
      this.#socket.destroy();
      return;
    }
    this.#socket.end(closeFrame(1000));
    const linger = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#socket.once('close', () => clearTimeout(linger));
  }

  #read(count: number): void {
    if (this.#over) return;
    const bytes = readBuffer.subarray(0, count);
    if (this.#frames !== undefined) this.#frames.read(bytes);
    else this.#readHead(bytes);
  }

  #readHead(bytes: Buffer): void {
    const head = this.#head === undefined ? Buffer.from(bytes) : Buffer.concat([this.#head, bytes]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) {
      this.#head = head;
      if (head.length > longestHeadBytes) {
        this.#fail({ kind: 'dial', text: 'the server answers no HTTP' });
      }
      return;
    }
    this.#head = undefined;
    const refusal = this.#refusalIn(head.toString('latin1', 0, end));
    if (refusal !== undefined) {
      this.#fail(refusal);
      return;
    }
    this.#frames = createFrameReader({
      text: (payload) => {
        if (!this.#over) this.#listener.packet(payload);
      },
      ping: (payload) => this.#socket.write(maskedFrame(opcode.pong, payload)),
      close: (code) => this.#closed(code),
      broken: (text) => this.#fail({ kind: 'closed', text }),
    });
    if (end + 4 < head.length) this.#frames.read(head.subarray(end + 4));
  }

  #refusalIn(head: string): TransportFailure | undefined {
    const [statusLine = '', ...lines] = head.split('\r\n');
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1];
    if (status === undefined) return { kind: 'dial', text: 'the server answers no HTTP' };
    if (status !== '101') return { kind: 'http-status', text: `HTTP ${status} at the handshake` };
    const accept = lines.find((line) => /^sec-websocket-accept:/i.test(line));
    return accept?.slice(accept.indexOf(':') + 1).trim() === this.#accept
      ? undefined
      : { kind: 'dial', text: 'the server did not prove that it speaks WebSocket' };
  }

  #closed(code: number): void {
    const kind = this.#frames === undefined ? 'dial' : 'closed';
    this.#fail({ kind, text: `connection closed (${code})` });
  }

  #fail(failure: TransportFailure): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#listener.failed(failure);
  }
}
