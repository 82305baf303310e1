/** Runs the built rtops as a real process in a folder of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

import { exitCode } from '../../cli/exit-code.ts';
import type { Report } from '../../cli/report/report.ts';
import { pidOf } from '../../cli/system/testing/pid-of.ts';

const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** One folder with its own `.rtops`; what is up in it is healed away and the folder removed at the end. */
export type Home = {
  readonly dir: string;
  /** Runs to the end. */
  run(...args: string[]): Promise<Ended>;
  /** Starts and returns at once. */
  start(...args: string[]): Running;
  /** The report of the newest run. */
  report(): Report;
  /** The folder of the newest run. */
  runDir(): string;
  /**
   * The exit code of the newest run, which is to be `code`: where this machine was too busy for its
   * load, that run must have ended without a verdict, and what else it says is still held. Not for
   * what fails first-hand (a service that ended, a message doubled, dropped or unstored): that is a
   * fail however busy the machine was.
   */
  unlessStarved(code: number): number;
};

/** What `up --json` and `ps --json` print. */
export type UpDocument = {
  readonly schemaVersion: number;
  readonly topology: string;
  readonly url: string;
  readonly services: readonly {
    readonly name: string;
    readonly kind: string;
    readonly pid: number;
    readonly port: number;
    readonly state: string;
  }[];
  readonly observe: Readonly<Record<'prometheus' | 'alertmanager' | 'grafana', string | null>>;
};

/** `up -d` with these words, which must succeed. */
export async function upDetached(home: Home, ...words: readonly string[]): Promise<UpDocument> {
  const up = await home.run('up', ...words, '-d', '--json');
  expect(up.code, up.stderr).toBe(0);
  return JSON.parse(up.stdout) as UpDocument;
}

/** Kills whoever supervises what is up, as the machine's memory killer would. */
export function killSupervisor(home: Home): void {
  const state = JSON.parse(readFileSync(join(home.dir, '.rtops', 'state.json'), 'utf8')) as {
    supervisor: { pid: number };
  };
  process.kill(pidOf(state.supervisor), 'SIGKILL');
}

export type Running = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stdout and stderr so far match. Rejects when the process ends before. */
  said(pattern: RegExp): Promise<string>;
};

/** A temporary home. */
export function newHome(env: Readonly<Record<string, string>> = {}): Home {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-test-'));
  const home: Home = {
    dir,
    run: (...args) => home.start(...args).ended,
    start: (...args) => startRtops(dir, args, env),
    report: () => JSON.parse(readFileSync(join(home.runDir(), 'report.json'), 'utf8')) as Report,
    unlessStarved: (code) => (home.report().generator.saturated ? exitCode.noVerdict : code),
    runDir() {
      const runs = join(dir, '.rtops', 'runs');
      const newest = readdirSync(runs).toSorted().at(-1);
      if (newest === undefined) throw new Error(`no run in ${runs}`);
      return join(runs, newest);
    },
  };
  onTestFinished(async () => {
    if (existsSync(join(dir, '.rtops'))) {
      await home.run('down');
      await home.run('heal');
    }
    rmSync(dir, { recursive: true, force: true });
  });
  return home;
}

/** Processes (pid and command line) whose command line or environment names this folder. */
export function processesOf(home: Home): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const env = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return line.includes(home.dir) || env.includes(home.dir) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}

function startRtops(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, CI: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    heard();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    ended,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const text = stdout + stderr;
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve(text);
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without ${pattern}:\n${stdout}${stderr}`)));
      }),
  };
}
