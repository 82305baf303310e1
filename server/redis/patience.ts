/**
 * How long to wait for Redis. One timer for all requests instead of one each; and a node that was
 * itself held up reads the replies that lie ready before it calls Redis silent.
 */
import { LogUnavailable } from '../log/room-log.ts';

/** With a sweep every 100 ms and a turn of the loop, a caller hears within 2 s. */
const answerWithinMs = 1500;
const sweepEveryMs = 100;

export type Patience = {
  /** The reply, or a rejection with {@link LogUnavailable} when it fails or does not come. */
  ask<T>(question: () => Promise<T>): Promise<T>;
  close(): void;
};

type Waiting = { readonly until: number; giveUp(): void };

/** @param failed hears of every question that has no good answer. */
export function patience(failed: () => void): Patience {
  /** In the order of their deadlines, since all wait equally long. */
  const waiting = new Set<Waiting>();
  const giveUpLate = (): void => {
    const now = performance.now();
    for (const one of waiting) {
      if (one.until > now) break;
      one.giveUp();
    }
  };
  const timer = setInterval(() => {
    for (const { until } of waiting) {
      // Replies are read between this timer and the immediate.
      if (until <= performance.now()) setImmediate(giveUpLate);
      break;
    }
  }, sweepEveryMs);
  return {
    ask: <T>(question: () => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        const one: Waiting = {
          until: performance.now() + answerWithinMs,
          giveUp: () => fail(new Error('no answer in time')),
        };
        const fail = (error: unknown): void => {
          // Given up, and failed after that: one question.
          if (waiting.delete(one)) failed();
          reject(new LogUnavailable(error instanceof Error ? error.message : String(error)));
        };
        waiting.add(one);
        question().then((reply) => {
          waiting.delete(one);
          resolve(reply);
        }, fail);
      }),
    close: () => clearInterval(timer),
  };
}
