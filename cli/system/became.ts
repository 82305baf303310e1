/** Waits for what happens in other processes, for so long and no longer. */
import type { World } from '../world.ts';
import { monotonicMs } from './monotonic-ms.ts';

const lookEveryMs = 10;

/** Whether it became so in time; it is looked at least once. */
export async function became(
  world: Pick<World, 'clock'>,
  withinMs: number,
  look: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadlineMs = monotonicMs(world) + withinMs;
  for (;;) {
    if (await look()) return true;
    if (monotonicMs(world) >= deadlineMs) return false;
    await world.clock.sleep(lookEveryMs);
  }
}
