/** Which processes a system has left or has up, whatever it says of itself. */
import type { World } from '../../world.ts';
import { allPids, worksInside } from '../process-identity.ts';
import { stateFolder } from '../state-folder.ts';

/** Processes of this machine that work inside the world's state folder. */
export function processesOf(world: World): readonly number[] {
  return allPids().filter((pid) => worksInside(pid, stateFolder(world.cwd).dir));
}
