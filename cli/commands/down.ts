/** `rtops down`: stops what is up in this folder, whoever started it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { stateFolder } from '../system/state-folder.ts';
import type { StateFolder } from '../system/state-folder.ts';
import { aliveSupervisor, stateOf, stopSystem } from '../system/stop-system.ts';
import type { StopStep } from '../system/stop-system.ts';
import type { World } from '../world.ts';
import { findRunUnderWay } from './run-under-way.ts';
import type { RunUnderWay } from './run-under-way.ts';

export type DownOptions = {
  /** Removes `.rtops/data`, where Redis keeps its log. */
  readonly volumes: boolean;
};

/** Returns 0 when nothing is left, also when nothing was up. A run is ended as by Ctrl-C, and told. */
export async function down(world: World, { volumes }: DownOptions): Promise<ExitCode> {
  const folder = stateFolder(world.cwd);
  const run = findRunUnderWay(world);
  const alive = aliveSupervisor(folder);
  const state = alive === undefined ? undefined : stateOf(folder, alive);
  if (state !== undefined) {
    world.stdout.write(`stopping ${state.topology.name} (${state.services.length} services)\n`);
  }
  let ended: Extract<StopStep, { kind: 'run-asked' }> | undefined;
  const { supervisor, healed } = await stopSystem(world, {
    removeData: volumes,
    onStep: (step) => {
      world.stdout.write(`${sentence(step, run)}\n`);
      if (step.kind === 'run-asked') ended = step;
    },
  });
  for (const { name, pid } of healed) {
    world.stdout.write(`ended ${name} (pid ${pid}), which nobody supervised\n`);
  }
  if (ended !== undefined && run?.loadsWhatIsUp === true && run.id !== null) {
    world.stdout.write(`${reportOf(folder, run.id)}\n`);
  }
  if (supervisor !== undefined) world.stdout.write('stopped\n');
  else if (healed.length === 0) world.stdout.write('nothing was up in this folder\n');
  if (volumes) world.stdout.write('data removed\n');
  return exitCode.pass;
}

function sentence(step: StopStep, run: RunUnderWay | undefined): string {
  const who = `pid ${step.pid} (${step.command})`;
  switch (step.kind) {
    case 'run-asked': {
      // One whose folder is elsewhere cannot be told from a sticky-test, which writes no report.
      const hasReport = step.own || (run?.loadsWhatIsUp === true && run.id !== null);
      const load = hasReport ? 'a run loads it' : 'another rtops loads it';
      const end = hasReport ? 'writes its report first' : 'ends with what it has';
      return (
        `${step.own ? 'a run started it for itself' : load}: ${who} is asked to end as by Ctrl-C, and ${end}\n` +
        `killed if that takes more than ${Math.round(step.killedAfterMs / 1000)} s; rtops down once more: it ends at once`
      );
    }
    case 'killed':
      return `${who} did not end in time and was killed${step.ofRun ? ': what it did not write is lost' : ''}`;
    default:
      return step satisfies never;
  }
}

function reportOf({ runsDir }: StateFolder, id: string): string {
  return existsSync(join(runsDir, id, 'report.json'))
    ? `the run's report: rtops report ${id}`
    : `the run left no report: .rtops/runs/${id}`;
}
