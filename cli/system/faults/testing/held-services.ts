/** Which services somebody alive holds down. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { heldBy } from '../holds.ts';

export function heldServices(stateDir: string): readonly string[] {
  const folder = join(stateDir, 'holds');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  // Those with a dot are no holds: they are being written, or say that a start is owed.
  return files.filter((file) => !file.startsWith('.') && heldBy(stateDir, file) !== undefined);
}
