/** `rtops up`: topology → plan → system, kept running. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { refuseBrokenState } from '../system/broken-state.ts';
import { sameSystem } from '../system/same-system.ts';
import { startSystem } from '../system/start-system.ts';
import type { ServiceEvent, StartedSystem } from '../system/start-system.ts';
import { stateFolder } from '../system/state-folder.ts';
import { aliveSupervisor } from '../system/stop-system.ts';
import { openSupervisorReport, startSupervisor } from '../system/supervisor-channel.ts';
import { readSystemState } from '../system/system-state.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { listenForInterrupt } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import { observeLines, systemDocument } from './system-document.ts';

export type UpOptions = {
  readonly topology: Topology;
  readonly detach: boolean;
  /** The port clients dial; a free one when left out. */
  readonly port?: number;
  /** The document on stdout, all else on stderr. */
  readonly json: boolean;
  /** Set by `up -d` for the process it leaves behind. */
  readonly supervise: boolean;
};

/**
 * Attached, it stays until Ctrl-C or SIGTERM, which is how one ends it: 0 after a clean stop.
 * Interrupted before everything was ready: 105. With `detach` it returns 0 when all is ready. The
 * same system already up is 0 as well; another one is a usage error.
 */
export async function up(world: World, options: UpOptions): Promise<ExitCode> {
  if (options.supervise) return await superviseDetached(world, options);
  if (isAlreadyUp(world, options)) {
    announce(world, options);
    return exitCode.pass;
  }
  using interrupt = listenForInterrupt(world);
  return options.detach
    ? await upDetached(world, options, interrupt)
    : await upAttached(world, options, interrupt);
}

async function upAttached(
  world: World,
  options: UpOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const lines = statusLines(world, options);
  await using system = await startInterruptibly(world, options, interrupt, lines);
  announce(world, options);
  if (!options.json)
    world.stdout.write('Ctrl-C stops it; in another shell: rtops ps, logs, bench.\n');
  await untilItShallEnd(system, interrupt);
  world.stderr.write('stopping; once more to stop at once\n');
  await system[Symbol.asyncDispose]();
  return exitCode.pass;
}

async function upDetached(
  world: World,
  options: UpOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const giveUp = new AbortController();
  const kill = new AbortController();
  interrupt.onFirst(() => giveUp.abort());
  interrupt.onSecond(() => kill.abort());
  await startSupervisor(world, {
    argv: [mainFile(), ...superviseArgv(world.argv)],
    onService: statusLines(world, options),
    signal: giveUp.signal,
    killSignal: kill.signal,
  });
  announce(world, options);
  return exitCode.pass;
}

/** The process that `up -d` leaves behind; what it prints goes to its log. */
async function superviseDetached(world: World, options: UpOptions): Promise<ExitCode> {
  using interrupt = listenForInterrupt(world);
  const report = openSupervisorReport();
  const started = startInterruptibly(world, options, interrupt, (event) => {
    report.service(event);
    const { name, state, detail } = event;
    const at = new Date(world.clock.now()).toISOString();
    world.stderr.write(`${at} ${name} ${state}${detail === '' ? '' : `: ${detail}`}\n`);
  });
  started.catch((error: unknown) => report.failed(error));
  await using system = await started;
  report.ready();
  await untilItShallEnd(system, interrupt);
  await system[Symbol.asyncDispose]();
  return exitCode.pass;
}

/** The first signal gives the start up or ends the wait; the second kills every process. */
async function startInterruptibly(
  world: World,
  { topology, port }: UpOptions,
  interrupt: Interrupt,
  onService: (event: ServiceEvent) => void,
): Promise<StartedSystem> {
  const giveUp = new AbortController();
  const kill = new AbortController();
  interrupt.onFirst(() => giveUp.abort());
  interrupt.onSecond(() => kill.abort());
  return await startSystem(world, topology, {
    ...(port === undefined ? {} : { port }),
    onService,
    onHealed: (healed) => {
      for (const { name, pid, command } of healed) {
        world.stderr.write(
          `healed: ended ${name}, left by a killed rtops (pid ${pid}, ${command})\n`,
        );
      }
    },
    signal: giveUp.signal,
    killSignal: kill.signal,
  });
}

/** A signal, as `down` sends it too. Throws 120 when the state folder was removed. */
async function untilItShallEnd(system: StartedSystem, interrupt: Interrupt): Promise<void> {
  const orphaned = system.orphaned.then(() => {
    throw new Failure(exitCode.notReady, 'the system was stopped: its folder `.rtops` is gone', {
      why: 'without it no other command could find it',
      next: 'rtops down, before .rtops is removed',
    });
  });
  await Promise.race([new Promise<void>((resolve) => interrupt.onFirst(resolve)), orphaned]);
}

/** `false` when nothing is up. Throws when what is up is something else, or not ready. */
function isAlreadyUp(world: World, { topology, port }: UpOptions): boolean {
  const folder = stateFolder(world.cwd);
  const supervisor = aliveSupervisor(folder);
  if (supervisor === undefined) return false;
  refuseBrokenState(folder);
  const state = readSystemState(folder);
  if (state?.phase !== 'ready') {
    throw new Failure(exitCode.notReady, 'a system is just starting or stopping in this folder', {
      why: `pid ${supervisor.pid} is at it`,
      next: 'rtops ps',
    });
  }
  const difference =
    sameSystem(state.topology, topology) ??
    (port !== undefined && new URL(state.url).port !== String(port)
      ? `it is at ${state.url}, port ${port} was asked for`
      : undefined);
  if (difference === undefined) return true;
  throw new Failure(exitCode.usage, 'something else is up in this folder', {
    why: difference,
    next: 'rtops down, then again',
  });
}

/** What is up, as a document or as a line. */
function announce(world: World, options: UpOptions): void {
  const folder = stateFolder(world.cwd);
  const state = readSystemState(folder);
  if (options.json) world.stdout.write(systemDocument(folder, state));
  else {
    world.stdout.write(`${options.topology.name} is up at ${state?.url ?? ''}\n`);
    world.stdout.write(observeLines(state?.services ?? []));
  }
}

/** One line a change, as compose prints them. */
function statusLines(world: World, { json }: UpOptions): (event: ServiceEvent) => void {
  const output = json ? world.stderr : world.stdout;
  return ({ name, state, detail }) => {
    output.write(`${`${name.padEnd(14)} ${state.padEnd(10)} ${detail}`.trimEnd()}\n`);
  };
}

/** The same command, so that the supervisor reads the same topology with the same settings. */
function superviseArgv(argv: readonly string[]): readonly string[] {
  const verb = argv.indexOf('up') + 1;
  return [...argv.slice(0, verb), '--supervise', ...argv.slice(verb)];
}

/** rtops' own entry file: TypeScript in a checkout, JavaScript in `dist/`. */
function mainFile(): string {
  return fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));
}
