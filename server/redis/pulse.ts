/** Whether Redis answers: asked every second, so that readiness does not depend on traffic. */
import type { Redis } from 'ioredis';
import type { Patience } from './patience.ts';

const everyMs = 1000;

export type Pulse = { up(): boolean; close(): void };

export function pulse(client: Redis, waits: Patience): Pulse {
  let answered = client.status === 'ready';
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      await waits.ask(() => client.ping());
      answered = true;
    } catch {
      answered = false;
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void ask(), everyMs);
  return {
    up: () => answered && client.status === 'ready',
    close: () => clearInterval(timer),
  };
}
