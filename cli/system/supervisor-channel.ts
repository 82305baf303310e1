/**
 * `up -d`: the supervisor is a process of its own that outlives the command. Until it is ready it
 * tells how it goes over a pipe on descriptor 3, one JSON line a message.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { interrupted } from './run-service.ts';
import { lastLines, openLog, rotateLog, serviceLog } from './service-log.ts';
import { signalProcess } from './signals.ts';
import type { ServiceEvent } from './start-system.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';

type Message =
  | { readonly kind: 'service'; readonly event: ServiceEvent }
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'failed';
      readonly code: ExitCode;
      readonly what: string;
      readonly why: string | undefined;
      readonly evidence: readonly string[];
      readonly next: string | undefined;
    };

const channelFd = 3;

/** The supervisor's end. Everything it does is harmless when nobody listens. */
export type SupervisorReport = {
  service(event: ServiceEvent): void;
  /** The last message: the command may return. */
  ready(): void;
  failed(error: unknown): void;
};

/** Opens the supervisor's end; silent when descriptor 3 is not the pipe of an `up -d`. */
export function openSupervisorReport(): SupervisorReport {
  let open = isPipe(channelFd);
  const send = (message: Message) => {
    if (!open) return;
    try {
      writeSync(channelFd, `${JSON.stringify(message)}\n`);
    } catch {
      // The command was killed; the system goes on coming up.
      open = false;
    }
  };
  const end = (message: Message) => {
    send(message);
    if (open) closeSync(channelFd);
    open = false;
  };
  return {
    service: (event) => send({ kind: 'service', event }),
    ready: () => end({ kind: 'ready' }),
    failed: (error) => {
      if (!(error instanceof Failure)) return;
      const { code, message: what, why, evidence, next } = error;
      end({ kind: 'failed', code, what, why, evidence, next });
    },
  };
}

export type SupervisorOptions = {
  /** Node's arguments: the entry file, then the command. */
  readonly argv: readonly string[];
  readonly onService: (event: ServiceEvent) => void;
  /** Gives up: the supervisor is asked to stop what it has started. */
  readonly signal: AbortSignal;
  /** It is told once more, and kills what it has started: a second Ctrl-C. */
  readonly killSignal?: AbortSignal;
};

/**
 * Starts the supervisor and resolves when its system is ready. Throws what the supervisor failed
 * with, 105 when the signal fired; then the supervisor has ended and nothing is left running.
 */
export async function startSupervisor(world: World, options: SupervisorOptions): Promise<void> {
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  const logFile = serviceLog(folder.logsDir, 'supervisor');
  const logStart = rotateLog(logFile);
  const log = openLog(logFile);
  const child = spawn(process.execPath, options.argv, {
    cwd: world.cwd,
    env: { ...world.env },
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  const giveUp = () => signalProcess(child.pid ?? 0, 'SIGTERM');
  options.signal.addEventListener('abort', giveUp);
  options.killSignal?.addEventListener('abort', giveUp);
  if (options.signal.aborted) giveUp();

  let last: Message | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  const pipe = child.stdio[channelFd];
  if (pipe == null || !('readable' in pipe)) throw new Error('the supervisor has no pipe');
  for await (const line of createInterface({ input: pipe })) {
    const message = JSON.parse(line) as Message;
    if (message.kind === 'service') options.onService(message.event);
    else last = message;
  }
  options.signal.removeEventListener('abort', giveUp);
  options.killSignal?.removeEventListener('abort', giveUp);
  if (last?.kind === 'ready') {
    child.unref();
    return;
  }
  const ending = await ended;
  if (last?.kind === 'failed') throw new Failure(last.code, last.what, defined(last));
  // It was asked to end so early that it could not say so.
  if (options.signal.aborted) throw interrupted();
  throw new Failure(exitCode.notReady, 'the supervisor ended before the system was ready', {
    why: ending,
    evidence: lastLines(logFile, 15, logStart),
    next: 'rtops logs supervisor',
  });
}

function defined({ why, evidence, next }: Extract<Message, { kind: 'failed' }>) {
  return {
    evidence,
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  };
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
