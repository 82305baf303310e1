/** The command line: what may be typed, and which file does it. Each verb is loaded when it is used. */
import { Command, CommanderError } from 'commander';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { explainThrown } from './explain-failure.ts';
import type { Done } from './option-values.ts';
import { packageVersion } from './package-file.ts';
import { withAlertCommands } from './program-alerts.ts';
import { withDashboardCommands } from './program-dashboards.ts';
import { withMachineCommands } from './program-machine.ts';
import { withObserveCommands } from './program-observe.ts';
import { withReportCommands } from './program-reports.ts';
import { withRunCommands } from './program-runs.ts';
import { withSystemCommands } from './program-system.ts';

/** Runs the command in `world.argv` and returns its exit code; never throws. */
export async function runProgram(world: World): Promise<ExitCode> {
  let code: ExitCode = exitCode.pass;
  let isTold = false;
  const program = buildProgram(world, (result, stdout) => {
    code = result;
    isTold = stdout === 'told';
  });
  try {
    await program.parseAsync([...world.argv], { from: 'user' });
    if (code === exitCode.pass && !isTold) await assertPrinted(world);
    return code;
  } catch (error) {
    return explain(world, error);
  }
}

/** A document that was cut must not pass for one; `| head` has what it wanted. */
async function assertPrinted(world: World): Promise<void> {
  const refusal = await world.stdout.refusal?.();
  if (refusal === undefined || refusal.code === 'EPIPE') return;
  throw new Failure(exitCode.notReady, 'stdout did not take all of it', {
    why: refusal.message,
    next: 'make room where it goes, then again',
  });
}

function explain(world: World, error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.pass : exitCode.usage;
  const { text, code } = explainThrown(error);
  world.stderr.write(text);
  return code;
}

function buildProgram(world: World, done: Done): Command {
  const program = new Command('rtops');
  program
    .description('Measured answers for Socket.IO and WebSocket chat: load, delivery, failover.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('Next: rtops --help')
    .enablePositionalOptions();
  withRunCommands(program, world, done);
  withSystemCommands(program, world, done);
  withReportCommands(program, world, done);
  withMachineCommands(program, world, done);
  withAlertCommands(program, world, done);
  withObserveCommands(program, world, done);
  withDashboardCommands(program, world, done);
  return program;
}
