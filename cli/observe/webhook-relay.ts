/**
 * Stands between Alertmanager and webhooks whose address is a secret: Alertmanager 0.25 shows the
 * address of a generic webhook to everybody who asks its API, so it gets an address of ours instead.
 * That one works on this machine alone, until Alertmanager ends, and lets one do no more than
 * Alertmanager's own API does, which asks for no password: send something to one's own team.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, request } from 'undici';

import { relayFailed } from '../inspect/notification-errors.ts';
import { redactAddresses } from '../inspect/redact-addresses.ts';
import { httpBase } from './ask-http.ts';
import { readUpTo } from './read-up-to.ts';

export type WebhookRelay = {
  /** Where to send what is for a target, by its place in the list. */
  addressOf(target: number): string;
  close(): void;
};

/** As much of an answer as is looked at. */
const mostAnswerBytes = 64 * 1024;
/** As much of it as is worth a line in a log. */
const mostAnswerChars = 2000;

type Target = {
  readonly address: string;
  /** Takes the words of the address out of what the target says. */
  readonly redact: (text: string) => string;
};

/**
 * What comes to an address of its own goes on to the target, and the target's status and words come
 * back, without the words of its address. A target that is not there is a 502 that says why; to one
 * that hangs nobody answers for. No redirect is followed: most turn a POST into a GET, which loses the
 * alert and may well be answered 200.
 */
export async function openWebhookRelay(addresses: readonly string[]): Promise<WebhookRelay> {
  // What this machine trusts, Alertmanager trusts: also a certificate of one's own.
  const ca = [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  const agent = new Agent({ connect: { ca } });
  const targets = addresses.map((address) => ({ address, redact: redactAddresses([address]) }));
  const paths = targets.map(() => `/${randomBytes(24).toString('base64url')}`);

  const server = createServer((asked, response) => {
    const target = targets[paths.indexOf(asked.url ?? '')];
    if (target === undefined || asked.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    void passOn(asked, response, target, agent);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    addressOf: (target) => {
      const path = paths[target];
      if (path === undefined) throw new RangeError(`the relay has no target ${target}`);
      return `http://127.0.0.1:${port}${path}`;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
      void agent.destroy();
    },
  };
}

async function passOn(
  asked: IncomingMessage,
  response: ServerResponse,
  { address, redact }: Target,
  agent: Agent,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of asked) chunks.push(chunk as Buffer);
    const url = new URL(address);
    const { headers } = httpBase(url);
    url.username = '';
    url.password = '';
    const answer = await request(url, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': asked.headers['content-type'] ?? 'application/json',
        'user-agent': asked.headers['user-agent'] ?? 'Alertmanager',
      },
      body: Buffer.concat(chunks),
      signal: gone.signal,
      dispatcher: agent,
    });
    const { bytes } = await readUpTo(answer.body, mostAnswerBytes);
    // Before it is cut: of half a secret nobody knows any more that it is one.
    const text = redact(bytes.toString('utf8')).slice(0, mostAnswerChars);
    response.writeHead(answer.statusCode).end(text);
  } catch (error) {
    if (!gone.signal.aborted) response.writeHead(502).end(relayFailed(reasonOf(error)));
  }
}

/** In the words Alertmanager itself would have, without any address. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host';
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) return `certificate: ${code}`;
  return code === '' ? 'no answer' : code;
}
