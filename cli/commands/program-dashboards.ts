/** The verbs of dashboards: what may be typed, and which file does it. */
import type { Command } from 'commander';

import type { World } from '../world.ts';
import { collect } from './option-values.ts';
import type { Done } from './option-values.ts';

type SharedFlags = {
  prometheus?: string;
  grafana?: string;
  run?: string;
  from?: string;
  to?: string;
  var: string[];
};

/** Adds them to the program. */
export function withDashboardCommands(program: Command, world: World, done: Done): void {
  const dashboards = program
    .command('dashboards')
    .description('replay every panel of the dashboards, and name why one is empty');

  withSharedOptions(
    dashboards
      .command('check [files...]')
      .description('judge each panel over the last run (files: dashboards of your own, as JSON)'),
  )
    .option('--json', 'print one JSON document', false)
    .option('--sheet <file>', 'write the contact sheet as well')
    .action(async (files: string[], options: SharedFlags & { json: boolean; sheet?: string }) => {
      const { dashboardsCheck } = await import('./dashboards.ts');
      done(await dashboardsCheck(world, { files, ...options }));
    });

  withSharedOptions(
    dashboards
      .command('sheet [files...]')
      .description('draw each panel from its data into one HTML file'),
  )
    .option('--out <file>', 'the file (default: dashboards.html in the folder of the run)')
    .option('--open', 'open it in the browser', false)
    .action(async (files: string[], options: SharedFlags & { out?: string; open: boolean }) => {
      const { dashboardsSheet } = await import('./dashboards.ts');
      done(await dashboardsSheet(world, { files, ...options }));
    });
}

function withSharedOptions(command: Command): Command {
  return command
    .option('--prometheus <url>', 'the Prometheus to ask (default: that of what is up)')
    .option(
      '--grafana <url>',
      'ask the query API of a Grafana instead; its token in RTOPS_GRAFANA_TOKEN',
    )
    .option('--run <run>', 'the run whose time is inspected (default: the newest)')
    .option('--from <time>', 'begin of the window, as now-15m or 2026-11-21T14:00:00Z')
    .option('--to <time>', 'its end (default with --from: now, or the end of --run)')
    .option('--var <name=value>', 'a value of a variable; again for more', collect, []);
}
