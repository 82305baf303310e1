/** client-kill and slow-fsync; power-loss is in power-loss.ts, restart is a kill. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import { became } from '../became.ts';
import { findBinary } from '../find-binary.ts';
import { tracerOf } from '../process-identity.ts';
import { askRedis } from './ask-redis.ts';
import type { Effect, Injection } from './effect.ts';
import { untilReadyAgain } from './target.ts';

/** `CLIENT KILL` of every normal and every pub/sub connection; Redis itself goes on. */
export function clientKill(injection: Injection): Effect {
  const { host, port } = injection.target.service;
  return {
    undo: [],
    apply: async () => {
      // The subscribers first: a node whose requests fail may give its subscriber up by itself.
      const subscribers = Number(await askRedis(host, port, 'CLIENT KILL TYPE pubsub'));
      const normal = Number(await askRedis(host, port, 'CLIENT KILL TYPE normal'));
      return {
        effective: subscribers + normal > 0,
        evidence: `${normal} connections and ${subscribers} subscribers were cut`,
      };
    },
    recovered: () => untilReadyAgain(injection),
  };
}

const attachesWithinMs = 5000;

/**
 * Every fsync of Redis takes `delay=` longer: strace delays the call itself, which needs no root
 * where one may trace one's own processes. Being traced, every other call is slower by some
 * microseconds as well.
 */
export function slowFsync(injection: Injection): Effect {
  const { world, fault, target } = injection;
  const { pid } = target.process;
  const delayUs = Number(fault.options['delay'] ?? 0) * 1000;
  let tracer: ChildProcess | undefined;
  return {
    undo: [{ kind: 'untrace', process: target.process }],
    apply: async () => {
      const strace = (await findBinary('strace', world.env['PATH'])) ?? 'strace';
      tracer = spawn(strace, straceArgv(pid, delayUs), {
        cwd: '/',
        env: { ...world.env },
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      tracer.stderr?.on('data', (data: Buffer) => (said += data.toString()));
      const ended = once(tracer, 'exit').catch((error: unknown) => {
        said += String(error);
      });
      let over = false;
      void ended.then(() => (over = true));
      await became(world, attachesWithinMs, () => over || tracerOf(pid) !== undefined);
      const attached = tracerOf(pid) !== undefined;
      return {
        effective: attached,
        evidence: attached
          ? `each fsync of pid ${pid} takes ${delayUs / 1000} ms longer`
          : `strace could not trace pid ${pid}: ${said.trim()}`,
      };
    },
    recovered: async () => {
      await became(world, attachesWithinMs, () => tracerOf(pid) === undefined);
      return await untilReadyAgain(injection);
    },
  };
}

/** @throws Failure `notReady` without strace. */
export async function checkSlowFsync({
  world,
  fault,
}: Pick<Injection, 'world' | 'fault'>): Promise<void> {
  if (process.platform === 'linux' && (await findBinary('strace', world.env['PATH'])) !== undefined)
    return;
  throw new Failure(exitCode.notReady, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: 'fsync is slowed by strace (Linux), and there is none in the PATH',
    next: 'apt-get install strace; or power-loss@redis, which models what a slow fsync would lose',
  });
}

function straceArgv(pid: number, delayUs: number): readonly string[] {
  const calls = 'fsync,fdatasync';
  return [
    ...['-f', '-qq', '-o', '/dev/null'],
    ...['-e', `trace=${calls}`, '-e', `inject=${calls}:delay_enter=${delayUs}`],
    ...['-p', String(pid)],
  ];
}
