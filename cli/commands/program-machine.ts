/** The verbs of this machine: what may be typed, and which file does it. */
import type { Command } from 'commander';

import type { World } from '../world.ts';
import type { Done } from './option-values.ts';
import type { SetupOptions } from './setup.ts';

/** Adds them to the program. */
export function withMachineCommands(program: Command, world: World, done: Done): void {
  program
    .command('setup')
    .description('list the missing system packages and get them')
    .option('--yes', 'do not ask', false)
    .option('--dev', "also what the project's own tests need (the default in a checkout)", false)
    .option('--no-observe', 'leave out what only `up --observe` needs')
    .action(async (options: SetupOptions) => {
      const { setup } = await import('./setup.ts');
      done(await setup(world, options));
    });

  program
    .command('doctor')
    .description('check this machine: binaries, limits, leftovers')
    .option('--json', 'one JSON document', false)
    .action(async (options: { json: boolean }) => {
      const { doctor } = await import('./doctor.ts');
      done(await doctor(world, options));
    });
}
