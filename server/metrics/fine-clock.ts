/** Above this the wall clock was set, or the machine slept: the finer clock follows. */
const driftMs = 5;

/** The wall clock with fractions of a millisecond, which `Date.now()` has not. */
export type FineClock = {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** To be called now and then: follows the wall clock where it was set. */
  follow(): void;
};

export function fineClock(): FineClock {
  let originMs = performance.timeOrigin;
  const nowMs = (): number => originMs + performance.now();
  return {
    nowMs,
    follow: () => {
      const drift = Date.now() - nowMs();
      if (Math.abs(drift) > driftMs) originMs += drift;
    },
  };
}
