/** The command line: what may be typed, and which file does it. Each verb is loaded when it is used. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { packageFile } from './package-file.ts';
import { explainFailure } from './explain-failure.ts';
import { withDashboardCommands } from './program-dashboards.ts';
import { withAlertCommands } from './program-alerts.ts';
import { withObserveCommands } from './program-observe.ts';
import type { StickyTestOptions } from './sticky-request.ts';

/** Runs the command in `world.argv` and returns its exit code; never throws. */
export async function runProgram(world: World): Promise<ExitCode> {
  let code: ExitCode = exitCode.pass;
  const program = buildProgram(world, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...world.argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(world, error);
  }
}

function explain(world: World, error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.pass : exitCode.usage;
  if (error instanceof Failure) {
    world.stderr.write(explainFailure(error));
    return error.code;
  }
  world.stderr.write(
    `rtops: internal error. This is a bug; please report it with what follows.\n${
      error instanceof Error ? (error.stack ?? error.message) : String(error)
    }\n`,
  );
  return exitCode.internal;
}

function buildProgram(world: World, done: (code: ExitCode) => void): Command {
  const program = new Command('rtops');
  program
    .description('Measured answers for Socket.IO and WebSocket chat: load, delivery, failover.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('Next: rtops --help')
    .enablePositionalOptions();

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
  ).action(async (scenario: string | undefined, options: BenchFlags) => {
    const { bench } = await import('./bench.ts');
    done(await bench(world, { scenario, ...options }));
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
    .action(async (scenario: string | undefined, options: FailoverFlags) => {
      const { failoverTest } = await import('./failover-test.ts');
      done(await failoverTest(world, { scenario, ...options }));
    });

  program
    .command('sticky-test')
    .description('prove that sessions stay at their node, or name why they do not')
    .option('--topology <name>', 'topology to test (default: scaled with 3 WS nodes)')
    .option(
      '--mode <mode>',
      "none, ip_hash, hash, cookie, sid, native or all (default: the topology's, and a control)",
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
    .command('report [run]')
    .description('print the report of a run folder (default: the newest)')
    .addOption(
      new Option('--format <format>', 'how')
        .choices(['text', 'html', 'md', 'junit', 'json'])
        .default('text'),
    )
    .option('--open', 'open the HTML report', false)
    .action(async (run: string | undefined, options: ReportFlags) => {
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
    .command('setup')
    .description('list the missing system packages and get them')
    .option('--yes', 'do not ask', false)
    .option('--dev', "also what the project's own tests need (the default in a checkout)", false)
    .option('--no-observe', 'leave out what only `up --observe` needs')
    .action(async (options: { yes: boolean; dev: boolean; observe: boolean }) => {
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

  withAlertCommands(program, world, done);
  withObserveCommands(program, world, done);
  withDashboardCommands(program, world, done);

  program
    .command('token')
    .description('print a JWT for the system that is up')
    .requiredOption('--user <name>', 'the subject')
    .addOption(new Option('--role <role>', 'role').choices(['USER', 'ADMIN']).default('USER'))
    .action(async (options: { user: string; role: 'USER' | 'ADMIN' }) => {
      const { token } = await import('./token.ts');
      done(await token(world, options));
    });

  program
    .command('schema <kind>')
    .description('print the JSON Schema of a scenario, a topology or a report')
    .action(async (kind: string) => {
      const { schema } = await import('./schema.ts');
      done(schema(world, { kind }));
    });

  return program;
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

type FailoverFlags = BenchFlags & {
  fault: string[];
  flood?: string;
  repeat?: number;
  ladder: boolean;
  selfCheck: boolean;
};

type BenchFlags = {
  topology?: string;
  url?: string;
  allowHost?: string;
  users?: string;
  duration?: string;
  rate?: string;
  stage: string[];
  threshold: string[];
  defaultThresholds: boolean;
  set: string[];
  scale: string[];
  seed?: number;
  workers?: number;
  observe: boolean;
  runDir?: string;
  metricsPort?: number;
  reporter: string[];
  json: boolean;
};

type UpFlags = {
  detach: boolean;
  set: string[];
  scale: string[];
  port?: number;
  chaos: boolean;
  observe: boolean;
  json: boolean;
  supervise: boolean;
};

type ReportFlags = { format: 'text' | 'html' | 'md' | 'junit' | 'json'; open: boolean };

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port from 1 to 65535 is expected.');
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0';
}
