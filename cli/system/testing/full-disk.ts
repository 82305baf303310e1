/** A disk without room, as `ulimit -f` makes one: files may be made and removed, and not grow. */
import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { pidOf } from './pid-of.ts';

export type OnFullDisk = {
  readonly pid: number;
  /** Ends its stdin. */
  hangUp(): void;
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
};

/**
 * Node with these arguments. A file may be at most `blocks` long, of 512 or 1024 bytes as the shell
 * counts them; pipes take all that is written.
 */
export function onFullDisk(cwd: string, argv: readonly string[], blocks = 0): OnFullDisk {
  const child = spawn(
    '/bin/sh',
    ['-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', process.execPath, ...argv],
    {
      cwd,
      stdio: 'pipe',
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (said += data.toString()));
  }
  const ended = new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, said }));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { pid: pidOf(child), hangUp: () => child.stdin.end(), ended };
}
