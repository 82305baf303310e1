/** Seeded numbers: the same seed gives the same run, in every worker and on every machine. */

/**
 * A number in [0, 1) that depends on its arguments alone. `use` keeps the uses of one seed apart
 * (see {@link salt}). The mixing is MurmurHash3's 32-bit finaliser, applied to each argument in turn.
 */
export function seededUnit(seed: number, use: number, a: number, b = 0): number {
  let h = mix(Math.floor(seed) ^ 0x9e3779b9);
  h = mix(h ^ use);
  h = mix(h ^ a);
  h = mix(h ^ (b + 0x85ebca6b));
  return h / 0x1_0000_0000;
}

/** What a seeded number is for. */
export const salt = { phase: 1, churn: 2, churnAt: 3, polling: 4, backoff: 5 } as const;

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
