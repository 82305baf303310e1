/** Keeps the logs of a run's system in the run folder, for `rtops trace`. */
import { messageOf } from '../failure.ts';
import { keepLogs, markLogs } from '../system/kept-logs.ts';
import type { KeptSince } from '../system/kept-logs.ts';
import type { RunningSystem } from '../system/running-system.ts';
import type { Run } from './open-run.ts';
import type { World } from '../world.ts';

export type RunLogs = {
  /** Copies what was written meanwhile. A disk that is full is told; the run is none the worse. */
  keep(since: KeptSince): Promise<void>;
};

/** Call it before the load begins. Without a system of ours there is nothing to keep. */
export function watchRunLogs(
  world: World,
  system: RunningSystem | undefined,
  run: Pick<Run, 'dir'>,
): RunLogs {
  if (system === undefined) return { keep: async () => {} };
  const marks = markLogs(system.logsDir);
  return {
    keep: async (since) => {
      try {
        await keepLogs(system.logsDir, marks, run.dir, since);
      } catch (error) {
        const why = messageOf(error);
        world.stderr.write(`rtops: the logs of the run were not kept: ${why}\n`);
      }
    },
  };
}
