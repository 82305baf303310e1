/** Makes a folder and those above it that are missing. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Harmless where it is there already. Throws as `node:fs` does, with the reason of the folder that
 * could not be made. Not `mkdir` with `recursive`: where a file system answers ENOENT to a new folder
 * in one that exists (/proc does), that never returns, and no signal is heard meanwhile.
 */
export function makeFolder(dir: string): void {
  const missing: string[] = [];
  for (let at = dir; !isThere(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Another process made it meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isThere(folder)) continue;
      throw error;
    }
  }
}

/** The root is always there, so that looking upwards ends. */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === false) throw new Error(`${path} is there, and is not a folder`);
  return found !== undefined || dirname(path) === path;
}
