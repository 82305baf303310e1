import { spawnSync } from 'node:child_process';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { takeFolderLock } from './folder-lock.ts';
import { selfIdentity } from './process-identity.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { onFullDisk } from './testing/full-disk.ts';
import { testWorld } from './testing/test-world.ts';

function newLock(): { readonly dir: string; readonly lockFile: string } {
  const folder = stateFolder(testWorld().cwd);
  makeStateFolder(folder);
  return folder;
}

test('one at a time; free again once released; nothing else left in the folder', () => {
  const { dir, lockFile } = newLock();
  const before = readdirSync(dir);
  const first = takeFolderLock(lockFile);
  expect(takeFolderLock(lockFile)).toEqual({ kind: 'busy', holder: selfIdentity() });
  if (first.kind === 'held') first.release();
  const second = takeFolderLock(lockFile);
  expect(second.kind).toBe('held');
  if (second.kind === 'held') second.release();
  expect(readdirSync(dir)).toEqual(before);
});

test.each([
  { stale: 'a dead holder', text: '{"pid":999999999,"startTime":"1"}' },
  {
    stale: 'a holder whose pid is another process now',
    text: `{"pid":${process.pid},"startTime":"1"}`,
  },
  { stale: 'what names nobody', text: '{"pid":' },
])('$stale does not count', ({ text }) => {
  const { dir, lockFile } = newLock();
  symlinkSync(text, lockFile);
  expect(takeFolderLock(lockFile).kind).toBe('held');
  expect(readdirSync(dir).filter((file) => file.startsWith('lock'))).toEqual(['lock']);
});

test('a file of somebody else in its place does not count', () => {
  const { lockFile } = newLock();
  writeFileSync(lockFile, '{"pid":');
  expect(takeFolderLock(lockFile).kind).toBe('held');
});

const inAnotherProcess = (lockFile: string) => {
  const module = fileURLToPath(new URL('folder-lock.ts', import.meta.url));
  return `const { takeFolderLock } = await import(${JSON.stringify(module)});
    console.log(takeFolderLock(${JSON.stringify(lockFile)}).kind);`;
};

test('a full disk has room for it', async () => {
  const { dir, lockFile } = newLock();
  const argv = ['--input-type=module', '-e', inAnotherProcess(lockFile)];
  expect(await onFullDisk(dir, argv).ended).toEqual({ code: 0, said: 'held\n' });
});

test('one that cannot be taken away is an error, and no loop', async () => {
  const { dir, lockFile } = newLock();
  symlinkSync('{}', lockFile);
  // A folder stands where the stale lock would be moved to.
  const code = `import { mkdirSync } from 'node:fs';
    mkdirSync(${JSON.stringify(lockFile)} + '.stale.' + process.pid);
    ${inAnotherProcess(lockFile)}`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: dir,
    timeout: 5000,
    encoding: 'utf8',
  });
  expect(child.error).toBeUndefined();
  expect(child.stderr).toContain('rename');
});
