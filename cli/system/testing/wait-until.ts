/** Looks again and again until something is so, for things that happen in other processes. */
import { setTimeout as sleepFor } from 'node:timers/promises';

/** The first answer that is not `undefined` or `false`. Throws after `withinMs`. */
export async function waitUntil<T>(
  look: () => T | Promise<T>,
  withinMs = 15_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    if (Date.now() >= deadline) throw new Error(`not so within ${withinMs} ms: ${String(look)}`);
    await sleepFor(20);
  }
}
