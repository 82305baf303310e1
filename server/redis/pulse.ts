/**
 * Whether Redis takes writes: tried twice a second, so that readiness does not depend on traffic.
 * A write, not a PING: a Redis that is full, or whose disk fails, answers PING and stores nothing.
 */
import type { Redis } from 'ioredis';
import type { Patience } from './patience.ts';

const everyMs = 500;
/** A node that could not write for this long is not ready. A stall of 2 s does not reach it. */
const unreadyAfterMs = 3000;
const probeTtlMs = 60_000;

export type Pulse = {
  /** The last try succeeded, and the connection stands. */
  up(): boolean;
  /** A write succeeded within the last 3 s. */
  ready(): boolean;
  close(): void;
};

/** @param node its name: each node writes a key of its own. */
export function pulse(client: Redis, waits: Patience, node: string): Pulse {
  let answered = client.status === 'ready';
  let writtenAt = performance.now();
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      await waits.ask(() => client.set(`rtops:pulse:${node}`, '1', 'PX', probeTtlMs));
      answered = true;
      writtenAt = performance.now();
    } catch {
      answered = false;
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs);
  // Who waits for Redis need not wait for the next try too.
  client.on('ready', () => void ask());
  return {
    up: () => answered && client.status === 'ready',
    ready: () => performance.now() - writtenAt < unreadyAfterMs,
    close: () => clearInterval(timer),
  };
}
