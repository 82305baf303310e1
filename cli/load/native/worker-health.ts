/** What a worker itself uses, and whether the machine lets it run. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Totals since the worker's run start, except `rssBytes` (now). */
export type WorkerHealth = {
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** Lag of the interval since the last reading. */
  readonly recentLagMs: number;
  /** Time the main thread was ready and not running; 0 where the kernel does not tell. */
  readonly runQueueWaitUs: number;
};

const resolutionMs = 20;

/** Starts to watch this process; call the result for a reading. */
export function watchHealth(): () => WorkerHealth {
  const whole = monitorEventLoopDelay({ resolution: resolutionMs });
  const recent = monitorEventLoopDelay({ resolution: resolutionMs });
  whole.enable();
  recent.enable();
  const cpuAtStart = process.cpuUsage();
  const waitAtStart = runQueueWaitUs();
  return () => {
    const { user, system } = process.cpuUsage(cpuAtStart);
    const recentLagMs = lagMs(recent.max);
    recent.reset();
    return {
      cpuUs: user + system,
      rssBytes: process.memoryUsage.rss(),
      lagP99Ms: lagMs(whole.percentile(99)),
      lagMaxMs: lagMs(whole.max),
      recentLagMs,
      runQueueWaitUs: runQueueWaitUs() - waitAtStart,
    };
  };
}

/** Node records the whole distance between two timer calls; the lag is what exceeds the interval. */
function lagMs(ns: number): number {
  const ms = ns / 1_000_000 - resolutionMs;
  return ms > 0 && Number.isFinite(ms) ? ms : 0;
}

function runQueueWaitUs(): number {
  try {
    // /proc/<pid>/schedstat: ns on a core, ns waiting in the run queue, time slices.
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1000;
  } catch {
    return 0;
  }
}
