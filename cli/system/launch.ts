/** Starts one planned process so that no moment exists in which it runs unrecorded. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { PlannedService } from '../topology/plan.ts';
import { markerKey, startTimeOf } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { openLog, serviceLog } from './service-log.ts';
import type { StateFolder } from './state-folder.ts';

/** How a process ended. */
export type Ending = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The system could not start it at all. */
  readonly error?: string;
};

export type Launched = {
  /** Leader of its own session and process group; `null` when it could not be started. */
  readonly pid: number | null;
  /** `null` when it was gone before it could be asked. */
  readonly startTime: string | null;
  readonly exited: Promise<Ending>;
};

/**
 * The shell writes down its own pid and start time, then becomes the service: exec changes neither. If
 * rtops is killed at any point, the record is there, or the process still carries the marker. The
 * record is what a link says, for which a full disk has room; nginx and Redis overwrite the marker.
 */
const recordThenExec = `
field20() { shift 19; echo "$1"; }
if [ -r /proc/$$/stat ]; then read -r line < /proc/$$/stat; start=$(field20 \${line##*) })
else start=$(LC_ALL=C ps -o lstart= -p $$); fi
(PATH=$PATH:/bin:/usr/bin; ln -sfn "$$ $start" "$0")
exec "$@"`;

/** Makes the folders and writes the files a service needs before its first start. */
export function prepareService(service: PlannedService): void {
  for (const folder of service.folders) mkdirSync(folder, { recursive: true });
  for (const { path, text, mode } of service.files) {
    mkdirSync(dirname(path), { recursive: true });
    // A mode is given to a new file alone: one that was made readable for all would stay so.
    if (mode !== undefined) rmSync(path, { force: true });
    writeFileSync(path, text, { mode });
  }
}

/**
 * Starts it in the state folder, detached, its output appended to its log. Never throws: what
 * keeps it from starting is how it ended.
 */
export function launch(service: PlannedService, folder: StateFolder): Launched {
  let log: number | undefined;
  try {
    // What it writes of receivers is filtered, and still nobody else's business.
    const mode = service.kind === 'alertmanager' ? 0o600 : 0o644;
    log = openLog(serviceLog(folder.logsDir, service.name), mode);
    const argv = ['-c', recordThenExec, pidFile(folder, service.name), ...service.argv];
    const child = spawn('/bin/sh', argv, {
      cwd: folder.dir,
      env: { ...service.env, [markerKey]: folder.dir },
      detached: true,
      stdio: ['ignore', log, log],
    });
    const exited = new Promise<Ending>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', (error) => resolve(couldNotStart(error)));
    });
    const pid = child.pid ?? null;
    return { pid, startTime: pid === null ? null : (startTimeOf(pid) ?? null), exited };
  } catch (error) {
    return { pid: null, startTime: null, exited: Promise.resolve(couldNotStart(error)) };
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

function couldNotStart(error: unknown): Ending {
  return {
    code: null,
    signal: null,
    error: `it could not be started: ${error instanceof Error ? error.message : String(error)}`,
  };
}

/** What the services wrote about themselves, by name. */
export function readPidFiles(
  folder: StateFolder,
): readonly (ProcessIdentity & { readonly name: string })[] {
  let files: readonly string[];
  try {
    files = readdirSync(folder.pidsDir);
  } catch {
    return [];
  }
  return files.flatMap((file) => {
    const identity = readPidFile(join(folder.pidsDir, file));
    return identity === undefined ? [] : [{ name: file, ...identity }];
  });
}

/** `undefined` for one that went meanwhile: its service was being stopped. */
function readPidFile(file: string): ProcessIdentity | undefined {
  try {
    return parsePidLine(readlinkSync(file));
  } catch {
    return undefined;
  }
}

export function removePidFile(folder: StateFolder, name: string): void {
  rmSync(pidFile(folder, name), { force: true });
}

/** `4711 89123`; elsewhere than on Linux `4711 Sat Nov 21 11:05:01 2026`. */
export function parsePidLine(line: string): ProcessIdentity | undefined {
  const [, pidText, startTime] = /^(\d+) +(.*\S)\s*$/.exec(line) ?? [];
  const pid = Number(pidText);
  return startTime !== undefined && pid > 1 ? { pid, startTime } : undefined;
}

function pidFile(folder: StateFolder, name: string): string {
  return join(folder.pidsDir, name);
}
