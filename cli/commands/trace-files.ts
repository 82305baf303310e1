/** What stands in a folder where files of a run are read, and is no file that can be read. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { LogText } from '../trace/log-search.ts';
import type { OddFile } from '../trace/trace-gaps.ts';
import type { World } from '../world.ts';

/** Names that a trace may open. */
const isRead = /\.(log|log\.1|bin|json|jsonl|yaml)$/;

/**
 * Folders, and files that this user may not read.
 * @param dirs those that are not there are skipped
 * @param base what the names in the answer are relative to
 * @throws Failure badFile (104) for what would be waited for without an end: a fifo, a socket, a device
 */
export async function oddFiles(
  world: Pick<World, 'cwd'>,
  dirs: readonly string[],
  base: string,
): Promise<readonly OddFile[]> {
  const odd: OddFile[] = [];
  for (const dir of dirs) {
    const names = await readdir(dir).catch((): string[] => []);
    for (const name of names.toSorted()) {
      if (!isRead.test(name)) continue;
      const file = join(dir, name);
      const why = await oddity(world, file);
      if (why !== undefined) odd.push({ name: relative(base, file), why });
    }
  }
  return odd;
}

/** Nothing follows from the text of a log that could not be read: it is named instead. */
export function readableLogs(
  logs: readonly LogText[],
  odd: readonly OddFile[],
): readonly LogText[] {
  return logs.filter(({ service }) => !odd.some(({ name }) => name === `logs/${service}.log`));
}

/** The folders of a run in which a trace reads. */
export function runFolders(dir: string): readonly string[] {
  return [dir, join(dir, 'logs'), join(dir, 'history')];
}

async function oddity(world: Pick<World, 'cwd'>, file: string): Promise<string | undefined> {
  const seen = await stat(file).catch(() => undefined);
  if (seen === undefined) return 'leads nowhere';
  if (seen.isDirectory()) return 'is a folder';
  if (seen.isFile()) {
    return access(file, constants.R_OK).then(
      () => undefined,
      () => 'may not be read by this user',
    );
  }
  const kind = seen.isFIFO() ? 'fifo' : seen.isSocket() ? 'socket' : 'device';
  const shown = relative(world.cwd, file);
  const name = shown.startsWith('..') ? file : shown;
  throw new Failure(exitCode.badFile, `${name} is a ${kind}, not a file`, {
    why: 'it is not what rtops left there, and reading it might never end',
    next: `move it away, then again: without it the rest is told`,
  });
}
