/** Starts the guard (guard-main.ts) that undoes our faults should this process be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import type { World } from '../../world.ts';
import { selfIdentity } from '../process-identity.ts';

export type Guard = {
  /** Lets it go; everything of ours must be undone by then, or it does it now. */
  close(): Promise<void>;
};

/** Resolves when it is on guard. Throws 120 when it cannot be: no fault is done without it. */
export async function startGuard(world: World, stateDir: string): Promise<Guard> {
  const { pid, startTime } = selfIdentity();
  const entry = fileURLToPath(new URL(`guard-main${extname(import.meta.url)}`, import.meta.url));
  const { NODE_OPTIONS: _dropped, ...env } = world.env;
  // Detached: in a session of its own, where no Ctrl-C and no closed terminal reaches it.
  const child = spawn(process.execPath, [entry, stateDir, String(pid), startTime], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
    child.once('error', ({ message }) => resolve(message));
  });
  const onGuard = once(child.stdout, 'data').then(() => undefined);
  const ended = await Promise.race([onGuard, exited]);
  if (ended !== undefined) {
    throw new Failure(exitCode.notReady, 'the guard of the faults cannot be started', {
      why: ended,
    });
  }
  child.stdout.destroy();
  // It may have been killed by somebody: that must not bring us down.
  child.stdin.on('error', () => {});
  // It never keeps us alive, but for the moment in which it is waited for.
  child.unref();
  return {
    close: async () => {
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}
