import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { removePrivateFiles } from './private-files.ts';
import { stateFolder } from './state-folder.ts';

test('what only its owner may read goes, the rest stays; no folder is no trouble', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'rtops-private-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const folder = stateFolder(cwd);
  removePrivateFiles(folder);
  const conf = join(folder.dir, 'conf');
  mkdirSync(join(conf, 'nginx'), { recursive: true });
  writeFileSync(join(conf, 'alertmanager.yml'), 'secret', { mode: 0o600 });
  writeFileSync(join(conf, 'redis.conf'), 'secret', { mode: 0o600 });
  writeFileSync(join(conf, 'prometheus.yml'), 'no secret', { mode: 0o644 });
  removePrivateFiles(folder);
  expect(readdirSync(conf)).toEqual(['nginx', 'prometheus.yml']);
});
