/** The worker processes of a run, as the parent sees them: started, spoken to, ended by pid. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import type { World } from '../../world.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Users a worker holds before another core is used. */
const usersPerWorker = 2500;
/** A process may open 20,000 files on common systems; a user is one, two on long polling. */
const maxUsersPerWorker = 9000;
const readyWithinMs = 15_000;
/** Enough for the words of a process that ran out of memory, which stand above a native stack. */
const keptStderr = 60;
const shownStderr = 20;

/** How many workers suit the machine and the users. */
export function workerCount(users: number, cores: number): number {
  const wanted = Math.min(cores, Math.ceil(users / usersPerWorker));
  return Math.max(1, wanted, Math.ceil(users / maxUsersPerWorker));
}

/** `how` as a sentence, `by` in a word: `SIGKILL`, `code 1`; `said`: what it died of, in its own words. */
export type WorkerGone = {
  readonly how: string;
  readonly by: string;
  readonly said: string | undefined;
  readonly lastLines: readonly string[];
};

export type WorkerProcess = {
  readonly index: number;
  readonly pid: number;
  /** Says something; a worker that is gone hears nothing. */
  tell(message: ToWorker): void;
  readonly isGone: boolean;
  /** Resolves when the process has ended. */
  readonly gone: Promise<WorkerGone>;
  kill(): void;
};

/**
 * Starts `count` workers and waits until each is ready. `hear` gets every later message. A worker
 * that does not come up fails the start (120), and none is left.
 */
export async function startWorkers(
  world: World,
  count: number,
  hear: (worker: WorkerProcess, message: FromWorker) => void,
): Promise<readonly WorkerProcess[]> {
  const started = Array.from({ length: count }, (_, index) => startWorker(world, index, hear));
  try {
    await Promise.all(started.map(async ({ ready }) => ready));
  } catch (error) {
    for (const { worker } of started) worker.kill();
    await Promise.all(started.map(async ({ worker }) => worker.gone));
    throw error;
  }
  return started.map(({ worker }) => worker);
}

/** Beside this file, with its ending: `.ts` from source, `.js` when built. */
function entryFile(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./worker-main.${ending}`, import.meta.url));
}

function startWorker(
  world: World,
  index: number,
  hear: (worker: WorkerProcess, message: FromWorker) => void,
): { worker: WorkerProcess; ready: Promise<void> } {
  const { NODE_OPTIONS: _dropped, ...env } = world.env;
  // A process group of its own: a Ctrl-C at the terminal is for the parent, which then asks.
  const child = fork(entryFile(), [], {
    execArgv: [],
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const worker = workerProcess(child, index);
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(notReady(index, `it was not ready within ${readyWithinMs / 1000} s`, []));
    }, readyWithinMs);
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        clearTimeout(timer);
        resolve();
      } else {
        hear(worker, message);
      }
    });
    void worker.gone.then(({ how, lastLines }) => {
      clearTimeout(timer);
      reject(notReady(index, how, lastLines));
    });
  });
  return { worker, ready };
}

function workerProcess(child: ChildProcess, index: number): WorkerProcess {
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
    lines.splice(0, lines.length - keptStderr);
  });
  let isGone = false;
  const gone = new Promise<WorkerGone>((resolve) => {
    child.once('error', (error) => {
      isGone = true;
      resolve({ how: error.message, by: error.message, said: undefined, lastLines: [] });
    });
    // 'close' comes after the last of stderr.
    child.once('close', (code, signal) => {
      isGone = true;
      const how = signal === null ? `it ended with code ${code}` : `it was killed by ${signal}`;
      const by = signal ?? `code ${code}`;
      resolve({ how, by, said: lastWords(lines), lastLines: lines.slice(-shownStderr) });
    });
  });
  return {
    index,
    pid: child.pid ?? -1,
    tell(message) {
      if (!isGone && child.connected) child.send(message, () => undefined);
    },
    get isGone() {
      return isGone;
    },
    gone,
    kill() {
      if (!isGone) child.kill('SIGKILL');
    },
  };
}

/** Node says what it died of above the stack; its very last line is its version. */
function lastWords(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => /^(\w*Error\b|FATAL ERROR)/.test(line)) ?? lines.at(-1);
}

function notReady(index: number, why: string, evidence: readonly string[]): Failure {
  return new Failure(exitCode.notReady, `Load worker ${index} did not start`, { why, evidence });
}
