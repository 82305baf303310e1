#!/usr/bin/env node
/** argv → command → exit code. Node's version is looked at first: older ones cannot read the rest. */
import { exitCode } from './exit-code.ts';
import { realWorld } from './world.ts';

// First of all: from here on signals are heard, and no command has been loaded yet.
const world = realWorld();
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
