/** Whether and when a service that ended by itself is started again. Words as in compose. */
import type { RestartPolicy } from '../topology/topology.ts';

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly inARow: number }
  | { readonly kind: 'stay-down'; readonly state: 'failed' | 'stopped'; readonly why: string };

/** A service that was ready this long starts a new count. */
const healthyAfterMs = 60_000;
/** The wait doubles up to this many times the policy's. */
const longestDelayFactor = 30;

/** `inARow`: restarts since the service was last healthy for a minute. */
export function restartDecision(
  policy: RestartPolicy,
  seen: { readonly endedWell: boolean; readonly healthyMs: number; readonly inARow: number },
): RestartDecision {
  if (policy.policy === 'no' || (policy.policy === 'on-failure' && seen.endedWell)) {
    return {
      kind: 'stay-down',
      state: seen.endedWell ? 'stopped' : 'failed',
      why: `restart policy \`${policy.policy}\``,
    };
  }
  const before = seen.healthyMs >= healthyAfterMs ? 0 : seen.inARow;
  if (before >= policy.maxRetries) {
    return {
      kind: 'stay-down',
      state: 'failed',
      why: `given up after ${before} restarts in a row`,
    };
  }
  const factor = Math.min(2 ** before, longestDelayFactor);
  return { kind: 'restart', delayMs: policy.delayMs * factor, inARow: before + 1 };
}
