/** The nginx with `sticky` that `rtops setup` gets in a checkout. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { newerNginx } from '../prerequisites.ts';

/** Its absolute path; `RTOPS_NGINX` names another. Throws when there is none: a test must not pass without it. */
export function newerNginxForTests(): string {
  const cacheDir = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url));
  const path = process.env['RTOPS_NGINX'] ?? newerNginx(cacheDir);
  if (existsSync(path)) return path;
  throw new Error(`${path} is not there; \`npx rtops setup --yes\` gets it`);
}
