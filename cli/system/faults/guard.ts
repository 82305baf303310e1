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
  readonly pid: number;
  /** Lets it go; everything of ours must be undone by then, or it does it now. */
  close(): Promise<void>;
};

/** Resolves when it runs. Throws 120 when it cannot be started: no fault is done without it. */
export async function startGuard(world: World, stateDir: string): Promise<Guard> {
  const { pid, startTime } = selfIdentity();
  const entry = fileURLToPath(new URL(`guard-main${extname(import.meta.url)}`, import.meta.url));
  const { NODE_OPTIONS: _dropped, ...env } = world.env;
  // Detached: in a session of its own, where no Ctrl-C and no closed terminal reaches it.
  const child = spawn(process.execPath, [entry, stateDir, String(pid), startTime], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new Failure(exitCode.notReady, 'the guard of the faults cannot be started', {
      why: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
  // It may have been killed by somebody: that must not bring us down.
  child.stdin?.on('error', () => {});
  child.unref();
  return {
    pid: child.pid ?? 0,
    close: async () => {
      child.stdin?.end();
      await exited;
    },
  };
}
