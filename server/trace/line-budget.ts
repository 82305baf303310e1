/** Keeps what clients can provoke (refusals) from filling the disk: so many lines a second, then a count. */

export type LineBudget = {
  /** Whether one more line may be written now. */
  allows(): boolean;
};

/** @param tell hears, with the first line of a later second, how many were left out before it. */
export function lineBudget(
  perSec: number,
  tell: (leftOut: number) => void,
  nowMs: () => number = () => performance.now(),
): LineBudget {
  let second = 0;
  let used = 0;
  let leftOut = 0;
  return {
    allows: () => {
      const now = Math.floor(nowMs() / 1000);
      if (now !== second) {
        second = now;
        used = 0;
        if (leftOut > 0) tell(leftOut);
        leftOut = 0;
      }
      if (used < perSec) {
        used += 1;
        return true;
      }
      leftOut += 1;
      return false;
    },
  };
}
