/** `rtops heal`: undoes what a killed rtops left behind. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseBrokenState } from '../system/broken-state.ts';
import { stateFolder } from '../system/state-folder.ts';
import { healIfUnsupervised } from '../system/stop-system.ts';
import type { World } from '../world.ts';

/** 0: afterwards nothing unsupervised is left. Throws 120 when the record of what is up is broken. */
export async function heal(world: World): Promise<ExitCode> {
  const attempt = await healIfUnsupervised(world);
  for (const fault of attempt.undone) world.stdout.write(`undid the fault ${fault}\n`);
  if (attempt.kind === 'supervised') {
    refuseBrokenState(stateFolder(world.cwd));
    world.stdout.write(
      `${attempt.undone.length === 0 ? 'nothing to heal' : 'the rest is well'}: pid ${attempt.supervisor.pid} looks after what is up. To stop it: rtops down\n`,
    );
    return exitCode.pass;
  }
  for (const { name, pid, command } of attempt.ended) {
    world.stdout.write(`ended ${name} (pid ${pid}, ${command})\n`);
  }
  world.stdout.write(
    attempt.ended.length + attempt.undone.length === 0
      ? 'nothing to heal\n'
      : `healed: ${attempt.ended.length} ended\n`,
  );
  return exitCode.pass;
}
