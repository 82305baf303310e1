/** The verbs of alerts: what may be typed, and which file does it. */
import type { Command } from 'commander';

import type { World } from '../world.ts';
import type { Done } from './option-values.ts';

/** Adds them to the program. */
export function withAlertCommands(program: Command, world: World, done: Done): void {
  const alerts = program
    .command('alerts')
    .description('list what fires now; `alerts test` is the fire drill')
    .enablePositionalOptions()
    .option('--prometheus <url>', 'the Prometheus to ask (default: that of what is up)')
    .option('--json', 'one JSON document', false)
    .action(async (options: { prometheus?: string; json: boolean }) => {
      const { alertsNow } = await import('./alerts.ts');
      done(await alertsNow(world, options));
    });

  alerts
    .command('test')
    .description('send a synthetic alert, and say for each receiver whether it arrived')
    .option('--alertmanager <url>', 'the Alertmanager to ask (default: that of what is up)')
    .option('--json', 'one JSON document', false)
    .action(async (options: { alertmanager?: string; json: boolean }) => {
      const { alertsTest } = await import('./alerts.ts');
      // `rtops alerts --json test` gives it to the verb above.
      const json = options.json || alerts.opts<{ json: boolean }>().json;
      done(await alertsTest(world, { ...options, json }));
    });
}
