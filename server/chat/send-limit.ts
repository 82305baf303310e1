/**
 * At most N messages per user in any window of W ms, over all nodes. A sliding window: a fixed one
 * lets twice as many pass across its border, a leaky bucket twice as many in its first window.
 */
import type { SendLimit } from '../config.ts';

export type SendLimiter = {
  /** 0 = go ahead, and it was counted; otherwise not counted, and how long to wait, in ms. */
  take(user: string): Promise<number>;
  close(): void;
};

/** The limiter of one process. */
export function memoryLimiter({ count, windowMs }: SendLimit): SendLimiter {
  /** Times of the last sends that were let through, the oldest first, at most `count`. */
  const recent = new Map<string, number[]>();
  const forgetIdle = (): void => {
    const horizon = performance.now() - windowMs;
    for (const [user, times] of recent) if ((times.at(-1) ?? 0) <= horizon) recent.delete(user);
  };
  const timer = setInterval(forgetIdle, Math.max(windowMs, 1000)).unref();
  return {
    take: async (user) => {
      const now = performance.now();
      let times = recent.get(user);
      if (times === undefined) recent.set(user, (times = []));
      const oldest = times[0];
      if (times.length === count && oldest !== undefined) {
        if (now - oldest < windowMs) return Math.ceil(windowMs - (now - oldest));
        times.shift();
      }
      times.push(now);
      return 0;
    },
    close: () => clearInterval(timer),
  };
}
