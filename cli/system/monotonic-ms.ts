/** Time for how long something may take: nobody puts this clock forward or back. */
import type { World } from '../world.ts';

/** ms since some moment; only differences mean anything. */
export function monotonicMs({ clock }: Pick<World, 'clock'>): number {
  return Number(clock.monotonicNs() / 1_000_000n);
}
