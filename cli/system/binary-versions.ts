/** Versions of the programs a system is made of, for the report. */
import type { World } from '../world.ts';
import { binaryFinder } from './find-binary.ts';
import { findPrerequisites, prerequisites } from './prerequisites.ts';

/** `{node, nginx, redis-server}`; a program that is not installed is left out. */
export async function binaryVersions(world: World): Promise<Readonly<Record<string, string>>> {
  const found = await findPrerequisites(
    prerequisites.filter(({ audience }) => audience === 'everyone'),
    binaryFinder(world.env),
  );
  return {
    node: process.versions.node,
    ...Object.fromEntries(
      found.flatMap(({ prerequisite, version }) =>
        version === undefined ? [] : [[prerequisite.name, version]],
      ),
    ),
  };
}
