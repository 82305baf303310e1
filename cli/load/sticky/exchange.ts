/** One HTTP request on a TCP connection of its own, so that whoever balances must decide anew. */
import http from 'node:http';
import https from 'node:https';

import { header } from '../../../server/contract.ts';
import type { StickyTrouble } from '../../samples/sticky-session.ts';
import type { StickyClient } from './sticky-client.ts';

export type Exchange = {
  readonly status: number | null;
  readonly body: string;
  readonly node: string | null;
  readonly upstreams: readonly string[];
  readonly trouble: StickyTrouble | null;
};

const answerWithinMs = 10_000;
const mostBytes = 1024 * 1024;

/** Never throws: what went wrong is its `trouble`. Cookies of the answer go into the client's jar. */
export async function exchange(
  client: StickyClient,
  method: 'GET' | 'POST',
  path: string,
  body?: string,
): Promise<Exchange> {
  const { url, source, jar } = client;
  const { request } = url.protocol === 'https:' ? https : http;
  const cookie = jar.header(path.split('?')[0] ?? path);
  return await new Promise((resolve) => {
    const fail = (trouble: StickyTrouble): void => resolve(failed(trouble));
    const asked = request(
      new URL(path, url),
      {
        method,
        agent: false,
        ...(source === null ? {} : { localAddress: source }),
        headers: {
          connection: 'close',
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
        void readAnswer(response, client).then(resolve);
      },
    );
    asked.setTimeout(answerWithinMs, () => {
      fail({ kind: 'timeout', text: `no answer within ${answerWithinMs / 1000} s` });
      asked.destroy();
    });
    asked.on('error', (error) => fail(closed(error)));
    asked.end(body);
  });
}

/** Reads an answer to its end: also one to an upgrade that was not done. Never throws. */
export async function readAnswer(
  response: http.IncomingMessage,
  client: StickyClient,
): Promise<Exchange> {
  const facts = answerFacts(response, client);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    return failed(closed(error));
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return { ...facts, body, trouble: troubleOf(facts.status, body) };
}

/** Who answered, and the cookies it set. */
export function answerFacts(
  response: http.IncomingMessage,
  { jar, nodeOf }: StickyClient,
): Pick<Exchange, 'status' | 'node' | 'upstreams'> {
  jar.store(response.headers['set-cookie'] ?? []);
  const one = (name: string): string | null => {
    const value = response.headers[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    status: response.statusCode ?? 0,
    node: one(header.node),
    // nginx parts servers tried by commas, and groups of them by colons between blanks.
    upstreams: (one(header.upstream) ?? '')
      .split(/\s*,\s*|\s+:\s+/)
      .filter((address) => address !== '' && address !== '-')
      .map(nodeOf),
  };
}

function troubleOf(status: number | null, body: string): StickyTrouble | null {
  if (status === 200) return null;
  const text = `HTTP ${status} ${body.replaceAll(/\s+/g, ' ').slice(0, 80)}`.trim();
  if (status === 400 && /"code":1\b|Session ID unknown/.test(body)) {
    return { kind: 'session-unknown', text: 'HTTP 400 Session ID unknown' };
  }
  if (status === 502 || status === 503 || status === 504) return { kind: 'gateway', text };
  return { kind: 'http-status', text };
}

function failed(trouble: StickyTrouble): Exchange {
  return { status: null, body: '', node: null, upstreams: [], trouble };
}

function closed(error: unknown): StickyTrouble {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'closed', text: code ?? message };
}
