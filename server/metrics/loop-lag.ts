import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** How late the event loop was, in seconds; 0 where nothing was measured yet. */
type LagReading = { readonly p50: number; readonly p99: number; readonly max: number };

export type LoopLag = {
  /**
   * Since the previous call: each reader needs a monitor of its own. A stall longer than a
   * scrape waits is kept for a moment: the first pages asked for after it are those of scrapes that
   * gave up in it, and it would go with them.
   */
  read(): LagReading;
  close(): void;
};

const resolutionMs = 10;
const scrapeWaitsSec = 2;
const keptMs = 3000;

export function loopLag(): LoopLag {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let worst = { seconds: 0, atMs: 0 };
  // The monitor counts from one tick to the next: its resolution is not lag.
  const seconds = (ns: number): number =>
    delay.count > 0 ? Math.max(0, ns / 1e9 - resolutionMs / 1000) : 0;
  return {
    read: () => {
      const max = seconds(delay.max);
      const atMs = performance.now();
      if (max >= scrapeWaitsSec) worst = { seconds: max, atMs };
      const isKept = atMs - worst.atMs <= keptMs;
      const reading = {
        p50: seconds(delay.percentile(50)),
        p99: seconds(delay.percentile(99)),
        max: isKept ? Math.max(max, worst.seconds) : max,
      };
      delay.reset();
      return reading;
    },
    close: () => {
      delay.disable();
    },
  };
}
