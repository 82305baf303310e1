/** reload, worker-kill, bad-config: faults of nginx that leave its master alive. */
import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { became } from '../became.ts';
import { monotonicMs } from '../monotonic-ms.ts';
import { commandOf, groupMembers, isAlive } from '../process-identity.ts';
import { readFrom, serviceLog, sizeOf } from '../service-log.ts';
import { signalProcess } from '../signals.ts';
import type { Effect, Injection, Seen } from './effect.ts';
import { backUp } from './replace-file.ts';
import { answers, untilReadyAgain } from './target.ts';

const bitesWithinMs = 5000;
/** A reload that nginx refuses changes no worker within this. */
const refusedWithinMs = 500;

/** SIGHUP, and again every `every=` until it is undone. */
export function reload(injection: Injection): Effect {
  const { world, fault } = injection;
  const everyMs = Number(fault.options['every'] ?? 0);
  const over = new AbortController();
  const reloads: Seen[] = [];
  let again: Promise<void> = Promise.resolve();

  async function repeat(firstMs: number): Promise<void> {
    for (let at = 1; ; at += 1) {
      const waitMs = Math.max(0, firstMs + at * everyMs - monotonicMs(world));
      await world.clock.sleep(waitMs, over.signal).catch(() => undefined);
      if (over.signal.aborted) return;
      reloads.push(await reloadOnce(injection));
    }
  }

  return {
    undo: [],
    apply: async () => {
      const firstMs = monotonicMs(world);
      const seen = await reloadOnce(injection);
      reloads.push(seen);
      if (everyMs > 0) again = repeat(firstMs);
      return seen;
    },
    evidence: () => {
      const last = reloads.at(-1)?.evidence ?? '';
      const took = reloads.filter(({ effective }) => effective).length;
      return everyMs === 0 ? last : `${took} of ${reloads.length} reloads took; last: ${last}`;
    },
    stop: async () => {
      over.abort();
      await again;
    },
    recovered: () => untilReadyAgain(injection),
  };
}

/**
 * `nginx -s reload` returns before anything happened. Done means: workers that were not there
 * before, the old ones gone or shutting down (they have closed their listeners), and an answer.
 */
async function reloadOnce({ world, target }: Injection): Promise<Seen> {
  const { pid } = target.process;
  // By the second time it may have ended, and the pid be another's.
  if (!isAlive(target.process)) return hasEnded(pid);
  const before = workersOf(pid);
  signalProcess(pid, 'SIGHUP');
  const swapped = await became(world, bitesWithinMs, () => {
    const now = workersOf(pid);
    return now.some((worker) => !before.includes(worker)) && !now.some((w) => before.includes(w));
  });
  const fresh = workersOf(pid);
  if (!swapped) {
    return { effective: false, evidence: `the workers are still ${before.join(', ')}` };
  }
  const serves = await answers(target.service);
  return {
    effective: true,
    evidence: `workers ${before.join(', ')} → ${fresh.join(', ')}, which ${serves ? 'serve' : 'do not serve yet'}`,
  };
}

/** SIGKILL to one worker; the master starts another. */
export function workerKill(injection: Injection): Effect {
  const { world, target } = injection;
  const { pid } = target.process;
  let before: readonly number[] = [];
  return {
    undo: [],
    apply: async () => {
      if (!isAlive(target.process)) return hasEnded(pid);
      before = workersOf(pid);
      const victim = before[0];
      if (victim === undefined) return { effective: false, evidence: 'nginx has no worker' };
      signalProcess(victim, 'SIGKILL');
      const gone = await became(world, bitesWithinMs, () => !workersOf(pid).includes(victim));
      return {
        effective: gone,
        evidence: `worker ${victim} of ${before.length} ${gone ? 'is gone' : 'is still there'}`,
      };
    },
    recovered: async () => {
      await became(world, bitesWithinMs, () => workersOf(pid).length >= before.length);
      return await untilReadyAgain(injection);
    },
  };
}

/** How nginx marks in its log what keeps it from loading a file. */
const refusal = '[emerg]';
/** Not a directive of any nginx. */
const brokenLine = 'rtops_fault_bad_config on;\n';

/**
 * A broken file in place of nginx.conf and a SIGHUP. `effective` means that nginx refused it: the
 * test of the file failed, the log says so, and the workers are the same. Undone: the good file is
 * back.
 */
export function badConfig(injection: Injection): Effect {
  const { world, system, fault, target } = injection;
  const { pid } = target.process;
  const conf = join(system.stateDir, 'conf', 'nginx.conf');
  const backup = `${conf}.good`;
  const log = serviceLog(system.logsDir, fault.node);
  return {
    undo: [{ kind: 'restore', path: conf, backup }],
    apply: async () => {
      const before = workersOf(pid);
      const broken = `${conf}.broken`;
      backUp(conf, backup);
      writeFileSync(broken, brokenLine + readFileSync(backup, 'utf8'));
      const tested = await testConf(pid, system.stateDir, broken);
      if (tested.passed) {
        rmSync(broken);
        return { effective: false, evidence: 'nginx -t takes the broken file' };
      }
      if (!isAlive(target.process)) return hasEnded(pid);
      let seenTo = sizeOf(log);
      renameSync(broken, conf);
      signalProcess(pid, 'SIGHUP');
      const refused = await became(world, bitesWithinMs, () => {
        const { text, end } = readFrom(log, seenTo);
        // The word itself may have been written by half.
        seenTo = Math.max(seenTo, end - refusal.length);
        return text.includes(refusal);
      });
      await world.clock.sleep(refusedWithinMs);
      const same = workersOf(pid).join() === before.join();
      return {
        effective: refused && same,
        evidence: same
          ? `reload ${refused ? `refused: ${tested.said}` : 'said nothing'}; workers ${before.join(', ')} go on`
          : `the workers changed from ${before.join(', ')} to ${workersOf(pid).join(', ')}`,
      };
    },
    recovered: () => untilReadyAgain(injection),
  };
}

function hasEnded(pid: number): Seen {
  return { effective: false, evidence: `nginx (pid ${pid}) has ended` };
}

/** Workers that take new connections: not those that only finish what they have. */
function workersOf(master: number): readonly number[] {
  return groupMembers(master)
    .filter((pid) => pid !== master && !commandOf(pid).includes('shutting down'))
    .toSorted((one, other) => one - other);
}

/** `nginx -t` with the binary that runs; what it said is its first line of complaint. */
async function testConf(
  master: number,
  prefix: string,
  conf: string,
): Promise<{ readonly passed: boolean; readonly said: string }> {
  const nginx =
    commandOf(master)
      .replace(/^.*?master process /, '')
      .split(' ')[0] ?? 'nginx';
  return await new Promise((resolve) => {
    execFile(
      exeOf(master) ?? nginx,
      ['-t', '-p', `${prefix}/`, '-c', conf, '-e', 'stderr'],
      { timeout: 5000 },
      (error, _stdout, stderr) => {
        const complaint = stderr.split('\n').find((line) => line.includes(refusal)) ?? stderr;
        resolve({
          passed: error === null,
          said: complaint
            .replace(/^.*\[emerg\]\s*(?:\d+#\d+:)?\s*/, '')
            .replace(` in ${conf}`, ' in nginx.conf')
            .trim(),
        });
      },
    );
  });
}

function exeOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}
