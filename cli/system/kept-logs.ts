/**
 * The logs of a run, kept in its folder: what each service wrote while the run was loading it. The
 * system's own logs go on, are put aside and trimmed; a run can be traced for as long as it is there.
 */
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { appendFile, mkdir, open, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { isObserverKind } from '../samples/observers.ts';
import { loggedServices, serviceLog, sizeOf } from './service-log.ts';

/** Where each log ended, by service. */
export type LogMarks = ReadonlyMap<string, LogMark>;

type LogMark = {
  readonly bytes: number;
  /** When `.log.1` was written, which tells whether the log was trimmed since; 0 without one. */
  readonly asideAtMs: number;
};

/** When the run began: what times in the logs are counted from. */
export type KeptSince = {
  /** Wall clock, ms since 1970. */
  readonly startedAtMs: number;
  /** CLOCK_MONOTONIC, µs. */
  readonly startedAtUs: number;
};

/** The most that is kept of one log, its end. */
const atMostBytes = 32 * 1024 * 1024;
const indexName = 'index.json';
/** Written by the supervisor about all services, and by those who watch: nothing of one run. */
function isOfTheRun(name: string): boolean {
  return name !== 'supervisor' && !isObserverKind(name);
}

/** Where the logs end now. */
export function markLogs(logsDir: string): LogMarks {
  return new Map(
    loggedServices(logsDir).map((name) => [name, markOf(serviceLog(logsDir, name))] as const),
  );
}

function markOf(file: string): LogMark {
  const aside = statSync(`${file}.1`, { throwIfNoEntry: false });
  return { bytes: sizeOf(file), asideAtMs: aside?.mtimeMs ?? 0 };
}

/**
 * Copies what was written since the marks to `<runDir>/logs`. A log that was trimmed meanwhile is
 * taken up from `.log.1`. Rejects as `node:fs` does when the folder cannot be written.
 */
export async function keepLogs(
  logsDir: string,
  marks: LogMarks,
  runDir: string,
  { startedAtMs, startedAtUs }: KeptSince,
): Promise<void> {
  const into = keptLogsDir(runDir);
  await mkdir(into, { recursive: true });
  const leftOutBytes: Record<string, number> = {};
  const keptBytes: Record<string, number> = {};
  for (const name of loggedServices(logsDir)) {
    if (!isOfTheRun(name)) continue;
    const left = await copyFrom(serviceLog(logsDir, name), serviceLog(into, name), marks.get(name));
    if (left > 0) leftOutBytes[name] = left;
    keptBytes[name] = sizeOf(serviceLog(into, name));
  }
  const index = { schemaVersion: 1, startedAtMs, startedAtUs, leftOutBytes, keptBytes };
  await writeFile(join(into, indexName), `${JSON.stringify(index, null, 2)}\n`);
}

/** The logs a run folder holds. */
export type KeptLogs = {
  /** `undefined` where the index is missing or is none. */
  readonly since: KeptSince | undefined;
  readonly logs: readonly { readonly service: string; readonly text: string }[];
  /** Bytes at the start of a log that were not kept, at least, by service. */
  readonly leftOutBytes: Readonly<Record<string, number>>;
  /** How long each log was when it was kept, by service; none where the index does not say. */
  readonly keptBytes: Readonly<Record<string, number>>;
};

/** `undefined`: the run kept none. */
export async function readKeptLogs(runDir: string): Promise<KeptLogs | undefined> {
  const dir = keptLogsDir(runDir);
  const names = await readdir(dir).catch(() => undefined);
  if (names === undefined) return undefined;
  const index = parseIndex(await readFile(join(dir, indexName), 'utf8').catch(() => ''));
  return {
    since: index?.since,
    leftOutBytes: index?.leftOutBytes ?? {},
    keptBytes: index?.keptBytes ?? {},
    logs: await readLogs(dir),
  };
}

/** Every log in a folder, whole but for what is beyond the bound. */
export async function readLogs(
  dir: string,
): Promise<readonly { readonly service: string; readonly text: string }[]> {
  return Promise.all(
    loggedServices(dir).map(async (service) => ({
      service,
      text: await readFile(serviceLog(dir, service), 'utf8').catch(() => ''),
    })),
  );
}

function keptLogsDir(runDir: string): string {
  return join(runDir, 'logs');
}

/** @returns how many bytes at the start were too many, at least: a log trimmed twice lost more */
async function copyFrom(
  file: string,
  to: string,
  mark: LogMark = { bytes: 0, asideAtMs: 0 },
): Promise<number> {
  const now = markOf(file);
  // It may have grown past where it was, and still have begun anew.
  const wasTrimmed = now.bytes < mark.bytes || now.asideAtMs !== mark.asideAtMs;
  const parts = wasTrimmed
    ? [
        { file: `${file}.1`, from: mark.bytes, until: sizeOf(`${file}.1`) },
        { file, from: 0, until: now.bytes },
      ]
    : [{ file, from: mark.bytes, until: now.bytes }];
  const total = parts.reduce((sum, { from, until }) => sum + Math.max(0, until - from), 0);
  let skip = Math.max(0, total - atMostBytes);
  const leftOut = skip;
  await writeFile(to, '');
  for (const { file: source, from, until } of parts) {
    const start = Math.min(until, from + skip);
    skip -= Math.max(0, start - from);
    if (until <= start) continue;
    await pipeline(
      createReadStream(source, { start, end: until - 1 }),
      createWriteStream(to, { flags: 'a' }),
    );
    // One cut short has no end of its last line, and what follows is another line.
    if (source !== file && !(await endsLine(source, until))) await appendFile(to, '\n');
  }
  return leftOut;
}

/** Whether the byte before `until` ends a line. */
async function endsLine(file: string, until: number): Promise<boolean> {
  await using handle = await open(file, 'r');
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, until - 1);
  return buffer.toString() === '\n';
}

type Index = { readonly since: KeptSince } & Pick<KeptLogs, 'leftOutBytes' | 'keptBytes'>;

function parseIndex(text: string): Index | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const fields = value as Readonly<Record<string, unknown>>;
    const { startedAtMs, startedAtUs } = fields;
    if (typeof startedAtMs !== 'number' || typeof startedAtUs !== 'number') return undefined;
    return {
      since: { startedAtMs, startedAtUs },
      leftOutBytes: numbersOf(fields['leftOutBytes']),
      keptBytes: numbersOf(fields['keptBytes']),
    };
  } catch {
    return undefined;
  }
}

function numbersOf(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, number] => {
      return typeof entry[1] === 'number';
    }),
  );
}
