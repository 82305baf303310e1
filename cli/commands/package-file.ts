/** Where the package's own files are, from the sources and from `dist/` alike. */
import { join } from 'node:path';

import { packageDir } from '../system/package-dir.ts';

/** The absolute path of a file of the package (`scenarios/…`, `package.json`). */
export function packageFile(relative: string): string {
  return join(packageDir(), relative);
}
