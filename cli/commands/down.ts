/** `rtops down`: stops what is up in this folder, whoever started it. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { stateFolder } from '../system/state-folder.ts';
import { aliveSupervisor, stopSystem } from '../system/stop-system.ts';
import { readSystemState } from '../system/system-state.ts';
import type { World } from '../world.ts';

export type DownOptions = {
  /** Removes `.rtops/data`, where Redis keeps its log. */
  readonly volumes: boolean;
};

/** Returns 0 when nothing is left, also when nothing was up. */
export async function down(world: World, { volumes }: DownOptions): Promise<ExitCode> {
  const folder = stateFolder(world.cwd);
  const state = readSystemState(folder);
  if (state !== undefined && aliveSupervisor(folder) !== undefined) {
    world.stdout.write(`stopping ${state.topology.name} (${state.services.length} services)\n`);
  }
  const { supervisor, healed } = await stopSystem(world, { removeData: volumes });
  for (const { name, pid } of healed) {
    world.stdout.write(`ended ${name} (pid ${pid}), which nobody supervised\n`);
  }
  if (supervisor !== undefined) world.stdout.write('stopped\n');
  else if (healed.length === 0) world.stdout.write('nothing was up in this folder\n');
  if (volumes) world.stdout.write('data removed\n');
  return exitCode.pass;
}
