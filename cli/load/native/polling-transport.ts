/**
 * HTTP long polling, as a browser without WebSocket does it: one GET is always open, writes go out
 * as POSTs, one at a time. By hand, because the XMLHttpRequest stand-in of `socket.io-client` on Node
 * can miss that its connection was cut, which no browser does.
 */
import http from 'node:http';
import https from 'node:https';

import { path } from '../../../server/contract.ts';
import type { Dial } from './channel.ts';
import {
  enginePath,
  sessionId,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from './transport.ts';

const separator = '\x1e';
const separatorByte = 0x1e;

/** What a polling user meets when its requests reach a node that did not open its session. */
const sessionUnknown = 'broken session: HTTP 400, Session ID unknown';

/** Opens the session at once. */
export function pollingTransport(dial: Dial, listener: TransportListener): Transport {
  return new PollingTransport(dial, listener);
}

class PollingTransport implements Transport {
  readonly #dial: Dial;
  readonly #listener: TransportListener;
  readonly #agent: http.Agent;
  #sid: string | undefined;
  #waiting: string[] = [];
  #posting = false;
  #over = false;

  constructor(dial: Dial, listener: TransportListener) {
    this.#dial = dial;
    this.#listener = listener;
    const { localAddress } = dial;
    const options = { keepAlive: true, ...(localAddress === undefined ? {} : { localAddress }) };
    this.#agent =
      dial.url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
    this.#poll();
  }

  send(packet: string): void {
    if (this.#over) return;
    this.#waiting.push(packet);
    this.#flush();
  }

  end(): void {
    this.#over = true;
    // The open GET is cut with it, by which the server knows.
    this.#agent.destroy();
  }

  #poll(): void {
    this.#request('GET', undefined, (body) => {
      let from = 0;
      while (!this.#over && from < body.length) {
        const found = body.indexOf(separatorByte, from);
        const to = found < 0 ? body.length : found;
        this.#packet(body.subarray(from, to));
        from = to + 1;
      }
      if (!this.#over) this.#poll();
    });
  }

  #packet(packet: Buffer): void {
    if (this.#sid === undefined && packet[0] === 0x30) {
      this.#sid = sessionId(packet.toString()) ?? undefined;
    }
    this.#listener.packet(packet);
  }

  #flush(): void {
    if (this.#posting || this.#waiting.length === 0) return;
    this.#posting = true;
    const body = this.#waiting.join(separator);
    this.#waiting = [];
    this.#request('POST', body, () => {
      this.#posting = false;
      this.#flush();
    });
  }

  #request(method: 'GET' | 'POST', body: string | undefined, done: (body: Buffer) => void): void {
    const { url, cookies } = this.#dial;
    const cookie = cookies.header(path.socketIo);
    const query = this.#sid === undefined ? '' : `&sid=${encodeURIComponent(this.#sid)}`;
    const { request } = url.protocol === 'https:' ? https : http;
    const asked = request(
      new URL(`${enginePath('polling')}${query}`, url),
      {
        method,
        agent: this.#agent,
        headers: {
          ...(cookie === undefined ? {} : { cookie }),
          ...(body === undefined
            ? {}
            : {
                'content-type': 'text/plain;charset=UTF-8',
                'content-length': Buffer.byteLength(body),
              }),
        },
      },
      (response) => {
        cookies.store(response.headers['set-cookie'] ?? []);
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error) => {
          this.#failed(error);
        });
        response.on('end', () => {
          if (this.#over) return;
          const [first] = chunks;
          const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
          if (response.statusCode === 200) done(whole);
          else this.#end(statusFailure(response.statusCode ?? 0, whole.toString()));
        });
      },
    );
    asked.on('error', (error) => {
      this.#failed(error);
    });
    asked.end(body);
  }

  #failed(error: NodeJS.ErrnoException): void {
    const kind = this.#sid === undefined ? 'dial' : 'closed';
    this.#end({ kind, text: error.code ?? error.message });
  }

  #end(failure: TransportFailure): void {
    if (this.#over) return;
    this.end();
    this.#listener.failed(failure);
  }
}

function statusFailure(status: number, text: string): TransportFailure {
  if (status === 400 && /"code":1\b/.test(text)) {
    return { kind: 'session-unknown', text: sessionUnknown };
  }
  return { kind: 'http-status', text: `HTTP ${status} on a poll` };
}
