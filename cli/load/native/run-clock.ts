/** Time since run start, in µs, equal in every process of the host. */
import { performance } from 'node:perf_hooks';

export type RunClock = {
  /** Whole µs since run start; negative before it. */
  nowUs(): number;
};

/**
 * A clock that counts from `startNs` of `process.hrtime`. `performance.now()` reads the same
 * monotonic clock without making a BigInt a call; only its origin differs, measured once here.
 */
export function runClock(startNs: bigint): RunClock {
  const offsetUs = Number(process.hrtime.bigint() - startNs) / 1000 - performance.now() * 1000;
  return { nowUs: () => Math.floor(performance.now() * 1000 + offsetUs) };
}
