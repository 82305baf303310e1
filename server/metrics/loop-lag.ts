import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the event loop was, in seconds; 0 where nothing was measured yet. */
type LagReading = { readonly p50: number; readonly p99: number; readonly max: number };

export type LoopLag = {
  /** Since the previous call: each reader needs a monitor of its own. */
  read(): LagReading;
  close(): void;
};

const resolutionMs = 10;

export function loopLag(): LoopLag {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // The monitor counts from one tick to the next: its resolution is not lag.
  const seconds = (ns: number): number =>
    delay.count > 0 ? Math.max(0, ns / 1e9 - resolutionMs / 1000) : 0;
  return {
    read: () => {
      const reading = {
        p50: seconds(delay.percentile(50)),
        p99: seconds(delay.percentile(99)),
        max: seconds(delay.max),
      };
      delay.reset();
      return reading;
    },
    close: () => {
      delay.disable();
    },
  };
}
