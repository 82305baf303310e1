/** A process that does nothing, for tests of what is and is not killed. */
import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

import { startTimeOf } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import { pidOf } from './pid-of.ts';

export type Sleeper = ProcessIdentity & { readonly ended: Promise<void> };

/** Sleeps for a minute in `cwd`, in a process group of its own; killed when the test ends. */
export function sleeper(cwd: string, env: Readonly<Record<string, string>> = {}): Sleeper {
  const child = spawn('/bin/sleep', ['60'], { cwd, env, detached: true, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const pid = pidOf(child);
  return { pid, startTime: startTimeOf(pid) ?? '', ended };
}
