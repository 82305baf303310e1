/** `node dashboards/generate.ts`: writes grafana/ anew. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const folder = join(import.meta.dirname, '../grafana');
const files = generatedFiles();

for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
// A dashboard that was renamed leaves its old file behind, and Grafana would show both.
for (const name of readdirSync(join(folder, 'dashboards'))) {
  if (!(`dashboards/${name}` in files)) rmSync(join(folder, 'dashboards', name));
}
