/** Counters of one process: from /proc on Linux, elsewhere from `ps`. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

import { readProc, statFields } from './process-identity.ts';

/** One process's counters since its start. */
export type Usage = {
  readonly cpuMs: number;
  /** Of each thread: ms it stood in the run queue. */
  readonly waitMs: ReadonlyMap<string, number>;
  readonly rssKb: number;
};

/** Ticks a second of /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. */
const ticksPerSec = 100;

/** `undefined` when the process is gone. */
export function readUsage(pid: number): Usage | undefined {
  if (process.platform !== 'linux') return readUsageByPs(pid);
  const used = readCpuAndMemory(pid);
  return used === undefined ? undefined : { ...used, waitMs: readWaits(pid) };
}

/** Without waits, for which a file is read for each thread. `undefined` when the process is gone. */
export function readCpuAndMemory(pid: number): Omit<Usage, 'waitMs'> | undefined {
  if (process.platform !== 'linux') return readUsageByPs(pid);
  const fields = statFields(pid);
  const status = readProc(`/proc/${pid}/status`);
  if (fields === undefined || status === undefined) return undefined;
  // Fields 14 and 15 of the whole line: user and system time of all threads, dead ones too.
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    cpuMs: (ticks * 1000) / ticksPerSec,
    rssKb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
  };
}

/** The second number of schedstat: ns spent waiting on a run queue. */
function readWaits(pid: number): ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  let threads: readonly string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return waits;
  }
  for (const thread of threads) {
    const waitedNs = readProc(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[1];
    if (waitedNs !== undefined) waits.set(thread, Number(waitedNs) / 1e6);
  }
  return waits;
}

/** Without waits, which `ps` does not know; on macOS with CPU time to 10 ms, on Linux to 1 s. */
export function readUsageByPs(pid: number): Usage | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'rss=,time=', '-p', String(pid)], { encoding: 'utf8' });
    const [rssKb, time = '0'] = line.trim().split(/\s+/);
    return { cpuMs: cpuTimeMs(time), waitMs: new Map(), rssKb: Number(rssKb) };
  } catch {
    return undefined;
  }
}

/** `[[DD-]HH:]MM:SS[.ss]` as ps prints it. */
function cpuTimeMs(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-', 2) : ['0', text];
  const seconds = (clock ?? '0').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}
