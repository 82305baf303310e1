/** Runs the real command as other shells would, from the sources. */
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

import { allPids, worksInside } from '../../system/process-identity.ts';

const main = join(import.meta.dirname, '..', '..', 'main.ts');

export type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Shell = {
  readonly dir: string;
  run(...args: string[]): Promise<Ended>;
  /** `said` grows as it prints, both streams. */
  start(...args: string[]): {
    readonly pid: number;
    readonly said: () => string;
    readonly ended: Promise<Ended>;
  };
  /** Processes that work in the state folder of this one. */
  left(): readonly number[];
};

/** A shell in a folder of its own; what is up there is stopped and the folder removed at the end. */
export function newShell(env: Readonly<Record<string, string>> = {}): Shell {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'rtops-up-')));
  const shell: Shell = {
    dir,
    run: (...args) => shell.start(...args).ended,
    start(...args) {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: dir,
        env: { ...process.env, ...env },
        stdio: 'pipe',
      });
      onTestFinished(() => {
        child.kill('SIGKILL');
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      const ended = new Promise<Ended>((resolve) =>
        child.once('close', (code) => resolve({ code, stdout, stderr })),
      );
      return { pid: child.pid ?? 0, said: () => stdout + stderr, ended };
    },
    left: () => allPids().filter((pid) => worksInside(pid, join(dir, '.rtops'))),
  };
  onTestFinished(async () => {
    await shell.run('down');
    rmSync(dir, { recursive: true, force: true });
  });
  return shell;
}
