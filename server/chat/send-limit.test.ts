import { setTimeout as sleepFor } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { memoryLimiter } from './send-limit.ts';

test.each([-3_600_000, 0, 3_600_000])(
  'the window passes as it should, though the wall clock was set by %d ms',
  async (setMs) => {
    const limiter = memoryLimiter({ count: 2, windowMs: 200 });
    const now = Date.now.bind(Date);
    onTestFinished(() => {
      limiter.close();
      vi.restoreAllMocks();
    });
    await limiter.take('anna');
    await limiter.take('anna');
    vi.spyOn(Date, 'now').mockImplementation(() => now() + setMs);
    const waitMs = await limiter.take('anna');
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(200);
    await sleepFor(waitMs + 1);
    expect(await limiter.take('anna')).toBe(0);
  },
);
