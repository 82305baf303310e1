/**
 * Configurations that only their owner may read: addresses of receivers, passwords. They are written
 * anew with each start, so nothing is kept of them while nothing is up.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { StateFolder } from './state-folder.ts';

/** By which they are known. */
const privateMode = 0o600;

/** What cannot be removed stays: it must not keep a system from ending. */
export function removePrivateFiles({ dir }: StateFolder): void {
  const folder = join(dir, 'conf');
  for (const file of filesIn(folder).map((name) => join(folder, name))) {
    try {
      if ((statSync(file).mode & 0o777) === privateMode) rmSync(file);
    } catch {
      // Not ours to remove.
    }
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
