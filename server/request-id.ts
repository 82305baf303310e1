import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { header } from './contract.ts';

/** The id the proxy gave the request, or a new one. Odd ones are not echoed into logs or headers. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers[header.requestId];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
