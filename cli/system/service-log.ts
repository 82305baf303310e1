/** `.rtops/logs/<service>.log`: written by the services themselves, read by people. */
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';

/** A log larger than this when its system starts is put aside as `.log.1`, over the one before. */
const rotateAboveBytes = 8 * 1024 * 1024;
const trimAboveBytes = 64 * 1024 * 1024;
/** As much of the end of a file as is looked at for its last lines. */
const tailBytes = 256 * 1024;
/** One look takes no more than this; the next goes on from there. */
const readAtMostBytes = 1024 * 1024;
const newline = 0x0a;

export function serviceLog(logsDir: string, service: string): string {
  return join(logsDir, `${service}.log`);
}

/** Names with a log, sorted: the services, and `supervisor` after `up -d`. */
export function loggedServices(logsDir: string): readonly string[] {
  try {
    return readdirSync(logsDir)
      .filter((file) => file.endsWith('.log'))
      .map((file) => file.slice(0, -'.log'.length))
      .toSorted();
  } catch {
    return [];
  }
}

/** Puts a large log aside; returns the size the log has now, where what comes next begins. */
export function rotateLog(file: string): number {
  const size = sizeOf(file);
  if (size <= rotateAboveBytes) return size;
  rmSync(`${file}.1`, { force: true });
  renameSync(file, `${file}.1`);
  return 0;
}

/**
 * Keeps a log that is being written from filling the disk: beyond the bound it is copied to
 * `.log.1`, where there is room, and emptied. Its writers append, so they go on at its new end. What
 * they write during the copy is copied as well; a line that comes in the instant before it is
 * emptied is lost. A copy that could not take all ends with a whole line that has no end of line: by
 * that its readers know.
 */
export function trimLog(file: string, aboveBytes = trimAboveBytes, copy = copyFileSync): void {
  if (sizeOf(file) <= aboveBytes) return;
  const aside = `${file}.1`;
  let has: 'nothing' | 'some' | 'all' = 'nothing';
  try {
    copy(file, aside);
    has = 'some';
    // A writer that is faster than this is left behind some time.
    for (let round = 0; round < 64 && has === 'some'; round += 1) {
      if (!appendRest(file, aside)) has = 'all';
    }
  } catch {
    // No room for a copy, and so least of all for a log that grows.
  }
  if (has === 'some') cutShort(aside);
  truncateSync(file);
}

/** Takes away the line that may be half there, and the end of the one before; the copy, where it has no other. */
function cutShort(copy: string): void {
  const start = Math.max(0, sizeOf(copy) - readAtMostBytes);
  const fd = openSync(copy, 'r');
  const bytes = readAt(fd, start, readAtMostBytes);
  closeSync(fd);
  let end = bytes.lastIndexOf(newline);
  while (end > 0 && bytes[end - 1] === newline) end -= 1;
  if (end > 0) truncateSync(copy, start + end);
  else rmSync(copy);
}

/** `false` when the copy has all of the file. */
function appendRest(file: string, copy: string): boolean {
  const from = openSync(file, 'r');
  try {
    const rest = readAt(from, sizeOf(copy), readAtMostBytes);
    if (rest.length > 0) appendFileSync(copy, rest);
    return rest.length > 0;
  } finally {
    closeSync(from);
  }
}

/**
 * Opens for appending: several processes may write to it, a truncation does no harm.
 * @param mode who may read it, also where it was there before
 */
export function openLog(file: string, mode: 0o600 | 0o644 = 0o644): number {
  const log = openSync(file, 'a', mode);
  if (mode === 0o600) fchmodSync(log, mode);
  return log;
}

/** The last `count` lines written after byte `from`; none when the file is not there. */
export function lastLines(file: string, count: number, from = 0): readonly string[] {
  const size = sizeOf(file);
  const start = Math.max(from, size - tailBytes);
  const lines = readFrom(file, start).text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  // The first line may be the end of one that was cut.
  if (start > from && start > 0) lines.shift();
  return lines.slice(-count);
}

/** What the file holds from byte `from` on, and where it ends; from its start if it has shrunk. */
export function readFrom(
  file: string,
  from: number,
): { readonly text: string; readonly end: number } {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return { text: '', end: 0 };
  }
  try {
    const { size } = fstatSync(fd);
    const start = size < from ? 0 : from;
    const bytes = readAt(fd, start, size - start);
    return { text: bytes.toString('utf8'), end: start + bytes.length };
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, start: number, wantedBytes: number): Buffer {
  const bytes = Buffer.alloc(Math.min(wantedBytes, readAtMostBytes));
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start));
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
