#!/usr/bin/env node
/** argv → command → exit code. Node's version is looked at first: older ones cannot read the rest. */
import { exitCode } from './exit-code.ts';
import { Failure } from './failure.ts';
import { realWorld } from './world.ts';
import type { World } from './world.ts';

// First of all: from here on signals are heard, and no command has been loaded yet.
const world = await openWorld();
const major = Number(process.versions.node.split('.')[0]);

if (major < 24) {
  world.stderr.write(
    `rtops needs Node 24 or newer; this is ${process.version} (${process.execPath}).\n` +
      'Next: run it as `npx rtops …` from the project, where npm put Node 24 beside it.\n',
  );
  process.exit(exitCode.notReady);
} else {
  // React (the live screen) checks itself at every frame otherwise: a third of the screen's CPU.
  process.env['NODE_ENV'] ??= 'production';
  const { runProgram } = await import('./commands/program.ts');
  // Exit by name, not by an empty event loop: a forgotten handle must not hold a pipeline open.
  process.exit(await runProgram(world));
}

async function openWorld(): Promise<World> {
  try {
    return realWorld();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { explainFailure } = await import('./commands/explain-failure.ts');
    process.stderr.write(explainFailure(error));
    process.exit(error.code);
  }
}
