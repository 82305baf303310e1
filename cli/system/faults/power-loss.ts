/**
 * power-loss: a model, since no process can cut the power. SIGKILL loses nothing that was written
 * (the kernel still has it); then the append-only file is cut back to what was surely on the disk:
 *
 * - `always`: every answered write was synced before its answer, so nothing is cut;
 * - `everysec`: Redis starts an fsync once a second, so what was written in the last second (`lose=`,
 *   up to 2 s: with a slow disk Redis puts a flush off that long) is cut;
 * - `memory`: there is no file; the kill alone takes everything.
 */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import type { World } from '../../world.ts';
import { monotonicMs } from '../monotonic-ms.ts';
import type { RunningSystem } from '../running-system.ts';
import type { Effect, Injection } from './effect.ts';
import { kill } from './process-faults.ts';

const lookEveryMs = 50;
const keepMs = 5000;
const usualLossMs = 1000;

/** Sizes of the append-only files over the last seconds. */
export type FileSizes = {
  /**
   * The last known sizes at or before that time (of {@link monotonicMs}), by file; `undefined` when it
   * looks not that far back.
   */
  at(ms: number): ReadonlyMap<string, number> | undefined;
  stop(): void;
};

/** Begins to look at the sizes; it must run for `lose=` before the power is cut. */
export function watchSizes(world: World, system: RunningSystem): FileSizes {
  const over = new AbortController();
  const seen: { readonly atMs: number; readonly sizes: ReadonlyMap<string, number> }[] = [];
  const look = async () => {
    while (!over.signal.aborted) {
      const atMs = monotonicMs(world);
      const sizes = sizesOf(appendDir(system));
      // What was not seen is not known to be empty: it would be cut to nothing.
      if (sizes !== undefined) seen.push({ atMs, sizes });
      while ((seen[0]?.atMs ?? atMs) < atMs - keepMs) seen.shift();
      await world.clock.sleep(lookEveryMs, over.signal).catch(() => undefined);
    }
  };
  void look();
  return {
    at: (ms) => seen.findLast(({ atMs }) => atMs <= ms)?.sizes,
    stop: () => over.abort(),
  };
}

/** The kill, then the cut while Redis is held down; undone like a kill. */
export function powerLoss(injection: Injection, sizes: FileSizes): Effect {
  const { world, system, fault } = injection;
  const killed = kill(injection, true);
  const loseMs = Number(fault.options['lose'] ?? usualLossMs);
  const durability = system.topology.redis?.durability ?? 'memory';
  return {
    ...killed,
    apply: async () => {
      const atMs = monotonicMs(world);
      const { effective, evidence } = await killed.apply();
      if (!effective || durability !== 'everysec') {
        const why = durability === 'always' ? 'all answers were synced' : 'nothing was on the disk';
        return { effective, evidence: `${evidence}; ${why} (a model of power loss)` };
      }
      const synced = sizes.at(atMs - loseMs);
      if (synced === undefined) {
        return {
          effective: false,
          evidence: `${evidence}; how much was synced ${loseMs} ms before is not known`,
        };
      }
      // Sizes are known to the look: with nothing to lose, not even that is cut.
      const cut = loseMs === 0 ? 0 : cutBack(appendDir(system), synced);
      return {
        effective,
        evidence: `${evidence}; ${cut} bytes of the last ${loseMs} ms were cut (a model of power loss)`,
      };
    },
  };
}

/** Cuts each incremental file to its size then; one that was not there then, to nothing. */
function cutBack(dir: string, then: ReadonlyMap<string, number>): number {
  let cut = 0;
  for (const [file, size] of sizesOf(dir) ?? []) {
    const keep = Math.min(size, then.get(file) ?? 0);
    if (keep === size) continue;
    truncateSync(join(dir, file), keep);
    cut += size - keep;
  }
  return cut;
}

/**
 * The base is written and synced whole; only what is appended can be half on the disk. `undefined`
 * when the folder cannot be read. A file that a rewrite removes between the two looks is left out;
 * the others are not.
 */
export function sizesOf(dir: string): ReadonlyMap<string, number> | undefined {
  try {
    const files = readdirSync(dir).filter((file) => file.endsWith('.incr.aof'));
    const sizes = files.flatMap((file): readonly (readonly [string, number])[] => {
      const size = statSync(join(dir, file), { throwIfNoEntry: false })?.size;
      return size === undefined ? [] : [[file, size]];
    });
    return new Map(sizes);
  } catch {
    return undefined;
  }
}

function appendDir(system: RunningSystem): string {
  return join(system.stateDir, 'data', 'redis', 'appendonlydir');
}
