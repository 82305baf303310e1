/** The verbs of a system that is up: what may be typed, and which file does it. */
import { Option } from 'commander';
import type { Command } from 'commander';

import type { World } from '../world.ts';
import { collect, portNumber } from './option-values.ts';
import type { Done } from './option-values.ts';
import type { UpOptions } from './up.ts';

/** Adds them to the program. */
export function withSystemCommands(program: Command, world: World, done: Done): void {
  program
    .command('up [topology]')
    .description('start a topology and keep it running (default: scaled)')
    .option('-d, --detach', 'return when it is ready', false)
    .option('--set <k=v>', 'a topology setting, as ws.count=4', collect, [])
    .option('--scale <service=n>', 'processes of a service, as ws=4', collect, [])
    .option('--port <n>', 'port clients dial (default: a free one)', portNumber)
    .option('--chaos', 'a TCP fault proxy on every edge, for network faults', false)
    .option('--observe', 'exporters, Prometheus, Alertmanager (and Grafana) beside it', false)
    .option('--json', 'print what is up as one JSON document', false)
    .addOption(new Option('--supervise').hideHelp().default(false))
    .action(async (name: string | undefined, options: UpFlags) => {
      const [{ up }, { readTopology }] = await Promise.all([
        import('./up.ts'),
        import('./documents.ts'),
      ]);
      const settings = [
        ...options.set,
        ...(options.chaos ? ['chaos=true'] : []),
        ...(options.observe ? ['monitoring=true'] : []),
      ];
      const topology = await readTopology(world, name ?? 'scaled', settings, options.scale);
      done(await up(world, { topology, ...options }));
    });

  program
    .command('down')
    .description('stop what `up` started')
    .option('-v, --volumes', 'remove .rtops/data as well', false)
    .action(async (options: { volumes: boolean }) => {
      const { down } = await import('./down.ts');
      done(await down(world, options));
    });

  program
    .command('ps')
    .alias('status')
    .description('show what is up')
    .option('--json', 'one JSON document', false)
    .action(async (options: { json: boolean }) => {
      const { ps } = await import('./ps.ts');
      done(await ps(world, options));
    });

  program
    .command('logs [service]')
    .description('print the logs of the services')
    .option('-f, --follow', 'go on as they grow', false)
    .action(async (service: string | undefined, options: { follow: boolean }) => {
      const { logs } = await import('./logs.ts');
      done(await logs(world, { service, ...options }));
    });

  program
    .command('heal')
    .description('undo what a killed rtops left behind')
    .action(async () => {
      const { heal } = await import('./heal.ts');
      done(await heal(world));
    });

  program
    .command('token')
    .description('print a JWT for the system that is up')
    .requiredOption('--user <name>', 'the subject')
    .addOption(new Option('--role <role>', 'role').choices(['USER', 'ADMIN']).default('USER'))
    .action(async (options: { user: string; role: 'USER' | 'ADMIN' }) => {
      const { token } = await import('./token.ts');
      done(await token(world, options));
    });
}

type UpFlags = Omit<UpOptions, 'topology'> & {
  readonly set: readonly string[];
  readonly scale: readonly string[];
  readonly chaos: boolean;
  readonly observe: boolean;
};
