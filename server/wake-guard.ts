/**
 * A process that was stopped (SIGSTOP, a frozen virtual machine, a blocked event loop) wakes with
 * its clients' frames still queued, though the clients have long gone elsewhere: Node reads them
 * before any heartbeat timer fires. The guard notices the sleep first, and has those dropped.
 */

export type WakeGuard = {
  /** Call before anything that came from a client is acted on; costs one reading of the clock. */
  check(): void;
  close(): void;
};

/**
 * @param lapseMs after a sleep longer than this every connection has lapsed (the ping timeout).
 * @param drop closes all connections at once; called once per sleep.
 */
export function wakeGuard(lapseMs: number, drop: (sleptMs: number) => void): WakeGuard {
  let awakeAt = performance.now();
  const check = (): void => {
    const now = performance.now();
    const sleptMs = now - awakeAt;
    if (sleptMs <= lapseMs) return;
    awakeAt = now;
    drop(sleptMs);
  };
  const timer = setInterval(
    () => {
      check();
      awakeAt = performance.now();
    },
    Math.min(1000, lapseMs / 4),
  );
  timer.unref();
  return { check, close: () => clearInterval(timer) };
}
