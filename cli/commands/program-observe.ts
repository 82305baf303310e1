/** The verbs of observing: what may be typed, and which file does it. */
import { Argument } from 'commander';
import type { Command } from 'commander';

import type { World } from '../world.ts';
import type { Done } from './option-values.ts';
import type { Openable } from './open.ts';

/** Adds them to the program. */
export function withObserveCommands(program: Command, world: World, done: Done): void {
  program
    .command('open')
    .description('print where a page is, and open it where there is a desktop')
    .addArgument(
      new Argument('<what>', 'the page').choices([
        'grafana',
        'prometheus',
        'alertmanager',
        'report',
      ] satisfies Openable[]),
    )
    .action(async (what: Openable) => {
      const { open } = await import('./open.ts');
      done(await open(world, what));
    });

  program
    .command('trace <id> [run]')
    .description('follow one message, request or connection through nginx, nodes, Redis and users')
    .option('--json', 'one JSON document', false)
    .action(async (id: string, run: string | undefined, options: { json: boolean }) => {
      const { trace } = await import('./trace.ts');
      done(await trace(world, { id, run, ...options }));
    });

  program
    .command('explain [name]')
    .description('say what a metric, a metric of a threshold, an alert or an exit code means')
    .option('--markdown', 'all metrics as docs/metrics.md has them', false)
    .option('--json', 'one JSON document', false)
    .action(async (name: string | undefined, options: { markdown: boolean; json: boolean }) => {
      const { explain } = await import('./explain.ts');
      done(explain(world, { name, ...options }));
    });
}
