/** `POST /fault/block?ms=…`: the node keeps its own event loop busy, as a bug would. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const blockPath = '/fault/block';
/** A typing error must not take the node away for good. */
const mostMs = 3_600_000;

/**
 * Answers 202, then blocks; 400 for a time that is none. `false` when the request is for something
 * else, or faults are off: then nothing was done.
 */
export function answeredBlockFault(
  request: IncomingMessage,
  response: ServerResponse,
  faults: boolean,
): boolean {
  const url = new URL(request.url ?? '/', 'http://node');
  if (!faults || request.method !== 'POST' || url.pathname !== blockPath) return false;
  const ms = Number(url.searchParams.get('ms') ?? Number.NaN);
  if (!Number.isInteger(ms) || ms < 1 || ms > mostMs) {
    response.writeHead(400).end(`expected ms=1…${mostMs}\n`);
    return true;
  }
  // The answer is on its way before nothing else gets done.
  response.writeHead(202, { connection: 'close' }).end(() => setImmediate(blockFor, ms));
  return true;
}

function blockFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    // Busy.
  }
}
