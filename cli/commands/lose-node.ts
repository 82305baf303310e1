/** Kills one server of a system that this process started and keeps down. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { RunningSystem } from '../system/running-system.ts';
import type { World } from '../world.ts';

const lookEveryMs = 10;
const goneWithinMs = 5000;

/** Returns when the supervisor has seen it die. The topology's restart policy must be `no`. */
export async function loseNode(world: World, system: RunningSystem, name: string): Promise<void> {
  const find = async () => (await system.services()).find((service) => service.name === name);
  const pid = (await find())?.pid;
  if (pid == null) {
    throw new Failure(exitCode.noVerdict, `${name} cannot be killed: it is not running`);
  }
  process.kill(pid, 'SIGKILL');
  for (let waitedMs = 0; waitedMs < goneWithinMs; waitedMs += lookEveryMs) {
    if ((await find())?.state !== 'ready') return;
    await world.clock.sleep(lookEveryMs);
  }
  throw new Failure(exitCode.noVerdict, `${name} was killed, but still counts as ready`);
}
