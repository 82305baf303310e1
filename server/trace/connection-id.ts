import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const names = new WeakMap<IncomingMessage, string>();

/**
 * Names a connection for the logs, by the request of its handshake. The Engine.IO session id itself
 * stays out of them: who knows it can take a polling session over, and logs are read by many.
 */
export function nameConnection(handshake: IncomingMessage, sessionId: string): void {
  names.set(handshake, `c-${hash('sha256', sessionId, 'hex').slice(0, 16)}`);
}

/** The name given; `-` when none was. */
export function connectionId(handshake: IncomingMessage): string {
  return names.get(handshake) ?? '-';
}
