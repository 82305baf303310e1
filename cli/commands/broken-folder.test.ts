/** The folder, or what stands in it, is not what rtops left there. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { newShell } from './testing/shell.ts';

test('a record of what is up that was cut short: ps, bench, up and heal tell one story', async () => {
  const shell = newShell();
  const up = await shell.run('up', 'single', '-d');
  expect(up.code, up.stderr).toBe(0);
  const file = join(shell.dir, '.rtops', 'state.json');
  truncateSync(file, Math.floor(readFileSync(file).length / 2));
  for (const words of [['ps'], ['ps', '--json'], ['bench'], ['up', 'single'], ['heal']]) {
    const { code, stdout, stderr } = await shell.run(...words);
    expect(code, words.join(' ')).toBe(120);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/a system is up here, and its record cannot be read/);
    expect(stderr).toMatch(/why: .*state\.json was cut short or changed; pid \d+ looks after/);
    expect(stderr).toMatch(/next: rtops down/);
  }
  expect((await shell.run('down')).code).toBe(0);
  expect(shell.left()).toEqual([]);
  const after = await shell.run('ps');
  expect(after.stdout).toContain('nothing is up');
}, 60_000);

test('a working folder that was removed is a failure that is explained', async () => {
  const main = join(import.meta.dirname, '..', 'main.ts');
  const child = spawn(
    'sh',
    ['-c', 'rmdir "$PWD" && exec "$@"', 'sh', process.execPath, main, 'ps'],
    {
      cwd: mkdtempSync(join(tmpdir(), 'rtops-gone-')),
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  expect(code, said).toBe(120);
  expect(said).toMatch(/^rtops: the folder that rtops was started in is gone\n {2}why: ENOENT/);
  expect(said).not.toMatch(/^ +at /m);
});
