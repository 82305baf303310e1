/**
 * The one door to the outside: argv, environment, streams, clock, randomness, signals. Every other
 * file receives a {@link World}, so a whole-program test is an ordinary call with a fake one.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';

import { exitCode } from './exit-code.ts';
import { Failure, messageOf } from './failure.ts';

/** A text stream: where it goes, and how large the terminal behind it is, if there is one. */
export type Output = {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  /** The Node stream behind it, for libraries that must draw on one (Ink). */
  readonly stream: NodeJS.WriteStream | undefined;
  /** Once all that was written so far has gone its way: why not every byte of it was taken, if so. */
  readonly refusal?: () => Promise<NodeJS.ErrnoException | undefined>;
};

/** Time. `monotonicNs` is one clock for all processes of a host (CLOCK_MONOTONIC). */
export type Clock = {
  /** Wall clock, ms since 1970. */
  now(): number;
  monotonicNs(): bigint;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** Everything a command may touch that is not in its arguments. */
export type World = {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder; state lives in `.rtops/` below it. */
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdinIsTTY: boolean;
  /** One line from the person at the terminal; `undefined` when there is none to ask, or no answer (Ctrl-D). */
  ask(question: string): Promise<string | undefined>;
  readonly clock: Clock;
  /** 0 ≤ x < 1. Seeded scenarios never use it. */
  random(): number;
  /**
   * Calls `handler` on each SIGINT, SIGTERM, SIGQUIT (Ctrl-\\) or SIGHUP (the terminal was closed) until the returned
   * function is called. While nobody handles them, one ends the process with 105.
   */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
};

/** The real world of this process. Only `main.ts` calls it, once, before it loads the rest. Throws 120 without a working folder. */
export function realWorld(): World {
  const onSignal = listenForSignals();
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: workingFolder(),
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    stdinIsTTY: process.stdin.isTTY === true,
    ask,
    clock: {
      now: () => Date.now(),
      monotonicNs: () => process.hrtime.bigint(),
      sleep: async (ms, signal) => {
        await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
      },
    },
    random: () => Math.random(),
    onSignal,
  };
}

function workingFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new Failure(exitCode.notReady, 'the folder that rtops was started in is gone', {
      why: messageOf(error),
      next: 'cd to a folder that is there',
      cause: error,
    });
  }
}

async function ask(question: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true) return undefined;
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // While a line is typed, Ctrl-C is a key: it is made the signal that it is elsewhere.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await lines.question(question);
  } catch (error) {
    // Ctrl-D: no answer.
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

function output(stream: NodeJS.WriteStream): Output {
  // `rtops … | head` closes the pipe early: that ends the printing, not the run.
  let refusal: NodeJS.ErrnoException | undefined;
  stream.on('error', (error) => {
    refusal ??= error;
  });
  return {
    write(text) {
      if (refusal === undefined) stream.write(text);
    },
    refusal: () =>
      new Promise((resolve) => {
        // Writes are taken in order: when this empty one is, those before it were, or had failed.
        if (refusal === undefined)
          stream.write('', (error) => resolve(refusal ?? error ?? undefined));
        else resolve(refusal);
      }),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
    get rows() {
      return stream.rows ?? 24;
    },
    stream,
  };
}

/**
 * Signals are listened for from the start, not from the first handler: loading a command takes a
 * third of a second, and Ctrl-C in it must end as at any other time. Nothing is running then that
 * would have to be stopped.
 */
function listenForSignals(): World['onSignal'] {
  const handlers = new Set<(signal: NodeJS.Signals) => void>();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const) {
    process.on(name, (signal) => {
      if (handlers.size === 0) process.exit(exitCode.interrupted);
      for (const handler of handlers) handler(signal);
    });
  }
  return (handler) => {
    handlers.add(handler);
    return () => handlers.delete(handler);
  };
}
