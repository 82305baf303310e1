/**
 * Which process is meant: a pid alone is reused, a pid with its start time is not. Linux answers
 * from /proc; elsewhere `ps` is asked.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** A process that can be told from a later one with the same pid. */
export type ProcessIdentity = {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat (ticks since boot); elsewhere what `ps -o lstart` prints. */
  readonly startTime: string;
};

/** Set in the environment of every child, so that one whose pid was not yet written is found. */
export const markerKey = 'STARTED_BY_RTOPS';

const hasProc = existsSync('/proc/self/stat');

/** Whether something that was read names a process. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startTime' in value &&
    typeof value.startTime === 'string'
  );
}

/** The start time of a running process; `undefined` when there is none, or only its zombie. */
export function startTimeOf(pid: number): string | undefined {
  if (!hasProc) return ps(['-o', 'lstart=', '-p', String(pid)]);
  const fields = statFields(pid);
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

/** This very process. */
export function selfIdentity(): ProcessIdentity {
  const startTime = startTimeOf(process.pid);
  if (startTime === undefined) throw new Error('this process cannot find its own start time');
  return { pid: process.pid, startTime };
}

/** Whether that process still runs, and is not a later one with its pid. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime;
}

/** All processes (zombies left out) whose process group is `pgid`. */
export function groupMembers(pgid: number): readonly number[] {
  if (!hasProc) {
    return (ps(['-axo', 'pid=,pgid=']) ?? '')
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .flatMap(([pid, group]) => (group === pgid && pid !== undefined ? [pid] : []));
  }
  return allPids().filter((pid) => {
    const fields = statFields(pid);
    return fields !== undefined && fields[0] !== 'Z' && Number(fields[2]) === pgid;
  });
}

/** Processes that carry the marker of this state folder in their environment (Linux only). */
export function markedProcesses(dir: string): readonly ProcessIdentity[] {
  if (!hasProc) return [];
  const marker = `${markerKey}=${dir}`;
  return allPids().flatMap((pid) => {
    const environment = readProc(`/proc/${pid}/environ`);
    if (environment?.split('\0').includes(marker) !== true) return [];
    const startTime = startTimeOf(pid);
    return startTime === undefined ? [] : [{ pid, startTime }];
  });
}

/**
 * Whether the process works inside the folder, as every child of rtops does; `true` where the
 * system does not tell. A second safeguard beside the start time, which counts from boot.
 */
export function worksInside(pid: number, dir: string): boolean {
  return placeOf(pid, dir) === 'inside';
}

/** Where the process works; `unseen`: it is another user's, and only they may know. */
export function placeOf(pid: number, dir: string): 'inside' | 'elsewhere' | 'unseen' {
  if (!hasProc) return 'inside';
  try {
    // The folder may have been removed under it.
    const cwd = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
    return cwd === dir || cwd.startsWith(`${dir}/`) ? 'inside' : 'elsewhere';
  } catch (error) {
    return mayNot(error) ? 'unseen' : 'elsewhere';
  }
}

function mayNot(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['EACCES', 'EPERM'].includes(String(error.code))
  );
}

/** What the process was started as, for people; empty when it cannot be read. */
export function commandOf(pid: number): string {
  const line = hasProc
    ? readProc(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ')
    : ps(['-o', 'command=', '-p', String(pid)]);
  return (line ?? '').trim();
}

/** The program that the process runs, without its arguments, which may hold secrets (Linux only). */
export function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
  } catch {
    return (readProc(`/proc/${pid}/comm`) ?? '').trim();
  }
}

/** Fields of /proc/<pid>/stat from the third (state) on; the name before may hold anything. */
export function statFields(pid: number): readonly string[] | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** A small file of /proc; `undefined` when the process is gone or not ours to read. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The pid that traces the process (a debugger, strace); `undefined` when none does (Linux only). */
export function tracerOf(pid: number): number | undefined {
  const tracer = Number(/^TracerPid:\s*(\d+)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1]);
  return tracer > 0 ? tracer : undefined;
}

/** Every pid of the machine (Linux only). */
export function allPids(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function ps(args: readonly string[]): string | undefined {
  try {
    const said = execFileSync('ps', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    }).trim();
    return said === '' ? undefined : said;
  } catch {
    return undefined;
  }
}
