import { readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { takeFolderLock } from './folder-lock.ts';
import { selfIdentity } from './process-identity.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
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
  { stale: 'half a file', text: '{"pid":' },
])('$stale does not count', ({ text }) => {
  const { lockFile } = newLock();
  writeFileSync(lockFile, text);
  expect(takeFolderLock(lockFile).kind).toBe('held');
});
