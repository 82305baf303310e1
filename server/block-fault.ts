/** `POST /fault/block?ms=…&while=…`: the node keeps its own event loop busy, as a bug would. */
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';

const blockPath = '/fault/block';
/** A typing error must not take the node away for good. */
const mostMs = 3_600_000;
/** How soon the end of `while` is noticed. */
const lookEveryMs = 25;

/**
 * Answers 202, then blocks for `ms`, but no longer than the file `while` is there: a busy loop
 * hears nobody, and whoever asked for it may want it back. 400 for a time that is none, or a file
 * that is not there. `false` when the request is for something else, or faults are off: then nothing
 * was done.
 */
export function answeredBlockFault(
  request: IncomingMessage,
  response: ServerResponse,
  faults: boolean,
): boolean {
  // Not by `URL`: it throws on targets that anybody may send, such as `//`.
  const [path, query] = (request.url ?? '').split('?', 2);
  if (!faults || request.method !== 'POST' || path !== blockPath) return false;
  const asked = new URLSearchParams(query);
  const ms = Number(asked.get('ms') ?? Number.NaN);
  if (!Number.isInteger(ms) || ms < 1 || ms > mostMs) {
    response.writeHead(400).end(`expected ms=1…${mostMs}\n`);
    return true;
  }
  const lease = asked.get('while');
  if (lease !== null && !existsSync(lease)) {
    response.writeHead(400).end('expected while=FILE, a file that is there\n');
    return true;
  }
  // The answer is on its way before nothing else gets done.
  response.writeHead(202, { connection: 'close' }).end(() => setImmediate(block, ms, lease));
  return true;
}

function block(ms: number, lease: string | null): void {
  const until = performance.now() + ms;
  while (performance.now() < until && (lease === null || existsSync(lease))) {
    const slice = Math.min(until, performance.now() + lookEveryMs);
    while (performance.now() < slice) {
      // Busy.
    }
  }
}
