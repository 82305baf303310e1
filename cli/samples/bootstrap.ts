/** The mean of a few repeats, and how far it can be trusted. */

export type BootstrapMean = {
  readonly mean: number;
  /** Bounds of the 95 % percentile interval; with fewer than {@link fewestForInterval} values, the lowest and the highest. */
  readonly low: number;
  readonly high: number;
  /** What it is the mean of, in the order measured: few values are shown, not only summed up. */
  readonly values: readonly number[];
};

const resamples = 2000;
/** Two values resampled give one of three means: no interval of 95 %, whatever it is called. */
export const fewestForInterval = 5;

/**
 * Mean with a 95 % percentile bootstrap interval (Efron: resample with replacement, take the 2.5th
 * and 97.5th percentile of the means). The same values and seed give the same interval. Few values
 * have their range instead; none has zeros.
 */
export function bootstrapMean(values: readonly number[], seed: number): BootstrapMean {
  const mean = meanOf(values);
  if (values.length === 0) return { mean, low: mean, high: mean, values };
  if (values.length < fewestForInterval) {
    return { mean, low: Math.min(...values), high: Math.max(...values), values };
  }
  const next = seeded(seed);
  const means: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) {
      sum += values[Math.floor(next() * values.length)] ?? 0;
    }
    means.push(sum / values.length);
  }
  means.sort((a, b) => a - b);
  const at = (q: number): number => means[Math.min(resamples - 1, Math.floor(q * resamples))] ?? 0;
  return { mean, low: at(0.025), high: at(0.975), values };
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** mulberry32: small, seedable, good enough to resample. In [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
