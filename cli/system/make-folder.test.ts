import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { makeFolder } from './make-folder.ts';

test('makes what is missing above it too, and does no harm when repeated', () => {
  const dir = join(temporary(), 'a', 'b', 'c');
  makeFolder(dir);
  makeFolder(dir);
  expect(existsSync(dir)).toBe(true);
});

test('goes through a link to a folder', () => {
  const base = temporary();
  makeFolder(join(base, 'real'));
  symlinkSync(join(base, 'real'), join(base, 'link'));
  makeFolder(join(base, 'link', 'inside'));
  expect(existsSync(join(base, 'real', 'inside'))).toBe(true);
});

test.runIf(process.platform === 'linux').each(['/proc/foo', '/proc/foo/bar/history'])(
  '%s, where a folder that exists answers that it does not, is refused at once',
  (dir) => {
    expect(() => makeFolder(dir)).toThrow(/^(ENOENT|EACCES).*mkdir '\/proc\/foo'/);
  },
);

test('names what is in the way', () => {
  const base = temporary();
  writeFileSync(join(base, 'file'), '');
  expect(() => makeFolder(join(base, 'file'))).toThrow('file is there, and is not a folder');
  expect(() => makeFolder(join(base, 'file', 'x'))).toThrow(/not a folder|ENOTDIR/);
  symlinkSync(join(base, 'nowhere'), join(base, 'dangling'));
  expect(() => makeFolder(join(base, 'dangling'))).toThrow('EEXIST');
});

function temporary(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-folder-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}
