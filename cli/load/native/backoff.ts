/** Socket.IO's default reconnection delays: 1 s doubled at each failure, ± 50 %, at most 5 s. */
const minMs = 1000;
const maxMs = 5000;
const jitter = 0.5;

/** Wait before attempt number `attempt` (from 0); `unit` is a random number in [0, 1). */
export function backoffMs(attempt: number, unit: number): number {
  const meanMs = minMs * 2 ** Math.min(attempt, 10);
  return Math.min(maxMs, meanMs * (1 + jitter * (2 * unit - 1)));
}
