/** The verbs of stored runs and of what is written in files: what may be typed, and which file does it. */
import { Option } from 'commander';
import type { Command } from 'commander';

import type { World } from '../world.ts';
import type { Done } from './option-values.ts';
import type { ReportOptions } from './report.ts';

/** Adds them to the program. */
export function withReportCommands(program: Command, world: World, done: Done): void {
  program
    .command('report [run]')
    .description('print the report of a run folder (default: the newest)')
    .addOption(
      new Option('--format <format>', 'how')
        .choices(['text', 'html', 'md', 'junit', 'json'])
        .default('text'),
    )
    .option('--open', 'open the HTML report', false)
    .action(async (run: string | undefined, options: Omit<ReportOptions, 'run'>) => {
      const { report } = await import('./report.ts');
      done(await report(world, { run, ...options }));
    });

  program
    .command('verify [run]')
    .description('derive the ledger and percentiles again from the history; must agree')
    .action(async (run: string | undefined) => {
      const { verify } = await import('./verify.ts');
      done(await verify(world, { run }));
    });

  program
    .command('schema <kind>')
    .description('print the JSON Schema of a scenario, a topology or a report')
    .action(async (kind: string) => {
      const { schema } = await import('./schema.ts');
      done(schema(world, { kind }));
    });
}
