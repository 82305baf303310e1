/**
 * Reads a log that others write, put aside and empty meanwhile: each of its lines once, and whole.
 * Where it cannot have them all, without a copy or with one that a full disk cut short, it says so.
 * Where it is in the file it knows by the bytes before: a file that has others there was begun anew,
 * however long it is by now, and the rest of what was read stands in `.log.1`.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export type LogFollower = {
  /** The whole lines that came since; no more than one look takes, the next one goes on from there. */
  next(): Look;
  /** What was written after the last whole line, without an end to it; empty where nothing was. */
  unfinished(): string;
};

export type Look = {
  readonly lines: readonly string[];
  /** It was emptied and has no copy, or not of all: what was written after these lines may be missing. */
  readonly mayMiss: boolean;
};

/** As much of the end of a file as is looked at for its last lines. */
const tailBytes = 256 * 1024;
/** One look takes no more than this. */
const readAtMostBytes = 1024 * 1024;
/** Lines bear times or numbers: so many bytes are nowhere twice at one place. */
const markBytes = 256;
const newline = 0x0a;

/** From its first line on, which may not be written yet. */
export function followFromStart(file: string): LogFollower {
  return follow(file, { at: 0, mark: Buffer.alloc(0) });
}

/** From where it ends now, with the last `count` whole lines before that. */
export function followFromEnd(
  file: string,
  count: number,
): { readonly lines: readonly string[]; readonly follower: LogFollower } {
  const tail = withFile(file, (fd) => {
    const { size } = fstatSync(fd);
    const start = Math.max(0, size - tailBytes);
    const bytes = read(fd, start, size - start);
    // The first line may be the end of one that was cut.
    const from = start === 0 ? 0 : bytes.indexOf(newline) + 1;
    const until = bytes.lastIndexOf(newline) + 1;
    return { lines: linesOf(bytes.subarray(from, until)), place: after(bytes, until, start) };
  });
  if (tail === undefined) return { lines: [], follower: followFromStart(file) };
  return { lines: tail.lines.slice(-count), follower: follow(file, tail.place) };
}

/** Where a line begins, and the bytes before it. */
type Place = { readonly at: number; readonly mark: Buffer };

function follow(file: string, from: Place): LogFollower {
  let place = from;

  function goOn(lines: readonly string[], next: Place, mayMiss = false): Look {
    place = next;
    return { lines, mayMiss };
  }

  return {
    next() {
      const bytes = bytesFrom(file, place);
      // Perhaps it is just being put aside.
      if (bytes === 'no file') return { lines: [], mayMiss: false };
      if (bytes !== 'another') {
        const until = wholeUntil(bytes);
        return goOn(linesOf(bytes.subarray(0, until)), after(bytes, until, place.at, place.mark));
      }
      const aside = bytesFrom(`${file}.1`, place);
      const anew: Place = { at: 0, mark: Buffer.alloc(0) };
      if (typeof aside === 'string') return goOn([], anew, true);
      const until = wholeUntil(aside);
      if (until > 0) {
        return goOn(linesOf(aside.subarray(0, until)), after(aside, until, place.at, place.mark));
      }
      // A line without an end: more was written after it than the copy has.
      return aside.length === 0 ? goOn([], anew) : goOn([aside.toString('utf8')], anew, true);
    },
    unfinished() {
      const bytes = bytesFrom(file, place);
      if (typeof bytes === 'string') return '';
      return bytes.subarray(bytes.lastIndexOf(newline) + 1).toString('utf8');
    },
  };
}

/** What stands after the place; `another`: it is not the file that the place was in. */
function bytesFrom(file: string, { at, mark }: Place): Buffer | 'another' | 'no file' {
  const found = withFile<Buffer | 'another'>(file, (fd) => {
    if (fstatSync(fd).size < at) return 'another';
    const bytes = read(fd, at - mark.length, mark.length + readAtMostBytes);
    const isSame = bytes.subarray(0, mark.length).equals(mark);
    return isSame ? bytes.subarray(mark.length) : 'another';
  });
  return found ?? 'no file';
}

/** Where its last whole line ends; a line that fills a whole look is taken as it is. */
function wholeUntil(bytes: Buffer): number {
  const until = bytes.lastIndexOf(newline) + 1;
  return until === 0 && bytes.length === readAtMostBytes ? bytes.length : until;
}

/** The place after the first `until` of these bytes, which begin at `start` and have `before` before them. */
function after(
  bytes: Buffer,
  until: number,
  start: number,
  before: Buffer = Buffer.alloc(0),
): Place {
  const read = bytes.subarray(0, until);
  const mark = Buffer.concat([before, read]).subarray(-markBytes);
  // A copy: the whole look would be kept with it.
  return { at: start + until, mark: Buffer.from(mark) };
}

function linesOf(whole: Buffer): readonly string[] {
  const lines = whole.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function withFile<T>(file: string, act: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

/** Up to `length` bytes; fewer where the file ends before. */
function read(fd: number, from: number, length: number): Buffer {
  const wanted = Math.min(length, Math.max(0, fstatSync(fd).size - from));
  const bytes = Buffer.alloc(wanted);
  return bytes.subarray(0, readSync(fd, bytes, 0, wanted, from));
}
