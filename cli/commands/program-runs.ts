/** The verbs that load a system and judge it: what may be typed, and which file does it. */
import type { Command } from 'commander';

import type { World } from '../world.ts';
import type { BenchOptions } from './bench-request.ts';
import type { FailoverOptions } from './failover-request.ts';
import { collect, portNumber, wholeNumber } from './option-values.ts';
import type { Done } from './option-values.ts';
import type { StickyTestOptions } from './sticky-request.ts';

/** Adds them to the program. */
export function withRunCommands(program: Command, world: World, done: Done): void {
  withRunOptions(
    program
      .command('bench [scenario]')
      .description('drive load at a system and judge it (default scenario: chat-1000)')
      .option(
        '--topology <name>',
        'topology to start, or to expect of what is up (default: single)',
      )
      .option('--url <url>', 'load a system that rtops did not start')
      .option('--allow-host <host>', 'allow --url to name this host (loopback needs no leave)'),
  ).action(async (scenario: string | undefined, options: Omit<BenchOptions, 'scenario'>) => {
    const { bench } = await import('./bench.ts');
    done(await bench(world, { scenario, ...options }), 'told');
  });

  withRunOptions(
    program
      .command('failover-test [scenario]')
      .description('break parts of a system under load and judge what users lost')
      .option(
        '--topology <name>',
        'topology to start, or to expect of what is up (default: scaled)',
      )
      .option('--repeat <n>', 'so many runs, each on a fresh system', wholeNumber)
      .option('--ladder', 'the same faults over message path, durability and client', false)
      .option('--self-check', 'servers that lie must each be found out', false),
  )
    .option(
      '--fault <fault>',
      "in place of the scenario's, as kill@ws-2,at=20s,for=10s; again for the next",
      collect,
      [],
    )
    .option('--flood <rate>', 'load on one pool for a third of the run, as http=5000/s')
    .action(async (scenario: string | undefined, options: Omit<FailoverOptions, 'scenario'>) => {
      const { failoverTest } = await import('./failover-test.ts');
      done(await failoverTest(world, { scenario, ...options }), 'told');
    });

  program
    .command('sticky-test')
    .description('prove that sessions stay at their node, or name why they do not')
    .option('--topology <name>', 'topology to test (default: scaled with 3 WS nodes)')
    .option(
      '--mode <mode>',
      "none, ip_hash, hash, cookie, sid, native, websocket or all (default: the topology's, and a control)",
    )
    .option('--sessions <n>', 'sessions a mode', wholeNumber, 60)
    .option('--nat', 'all clients behind one address', false)
    .option('--no-cookies', 'clients that send no cookie back')
    .option('--no-node-loss', 'kill no node')
    .option('--url <url>', 'test a system that rtops did not start')
    .option('--allow-host <host>', 'allow --url to name this host (loopback needs no leave)')
    .option('--set <k=v>', 'a topology setting, as ws.count=4', collect, [])
    .option('--json', 'print one JSON document on stdout, all else on stderr', false)
    .action(async (options: StickyTestOptions) => {
      const { stickyTest } = await import('./sticky-test.ts');
      done(await stickyTest(world, options));
    });
}

/** The options that every run of the pipeline takes. */
function withRunOptions(command: Command): Command {
  return command
    .option('-u, --users <n>', 'peak users; the stages keep their shape')
    .option('-d, --duration <time>', 'how long the peak is held, as 60s or 2m')
    .option('--rate <rate>', 'messages: 1000/s in all, or 1/s/user')
    .option('--stage <time:users>', 'a stage, as 10s:100; again for the next', collect, [])
    .option('--threshold <text>', "one more threshold, as 'chat.ack p95 < 30ms'", collect, [])
    .option('--no-default-thresholds', "drop the scenario's own thresholds")
    .option('--set <k=v>', 'a topology setting, as ws.count=4', collect, [])
    .option('--scale <service=n>', 'processes of a service, as ws=4', collect, [])
    .option('--seed <n>', 'seed of the pacing', wholeNumber)
    .option('--workers <n>', 'load worker processes', wholeNumber)
    .option('--observe', 'a system that this run starts is observed, as by `up --observe`', false)
    .option('--metrics-port <n>', 'serve the live metrics of this run on this port', portNumber)
    .option('--run-dir <dir>', 'folder for the files of this run (default: .rtops/runs/<id>)')
    .option(
      '--reporter <r>',
      'ink, plain, json, github or quiet; json=FILE; again for more',
      collect,
      [],
    )
    .option('--json', 'print report.json on stdout, all else on stderr', false);
}
