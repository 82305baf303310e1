/** Where the package's own files are, from the sources and from `dist/` alike. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageDir } from '../system/package-dir.ts';

/** The absolute path of a file of the package (`scenarios/…`, `package.json`). */
export function packageFile(relative: string): string {
  return join(packageDir(), relative);
}

/** The version in a package.json, rtops' own where none is named; empty where it names none. */
export function packageVersion(file = packageFile('package.json')): string {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}
