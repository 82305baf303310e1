/** Waits for what happens in other processes, for so long and no longer. */
import type { World } from '../world.ts';

const lookEveryMs = 10;

/** Whether it became so in time; it is looked at least once. */
export async function became(
  world: Pick<World, 'clock'>,
  withinMs: number,
  look: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadline = world.clock.now() + withinMs;
  for (;;) {
    if (await look()) return true;
    if (world.clock.now() >= deadline) return false;
    await world.clock.sleep(lookEveryMs);
  }
}
