import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { sizesOf } from './power-loss.ts';

test('a file that goes between the two looks takes no other with it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-sizes-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'appendonly.aof.2.incr.aof'), 'twelve bytes');
  writeFileSync(join(dir, 'appendonly.aof.1.base.rdb'), 'the base');
  // Listed, and not there when it is asked for.
  symlinkSync(join(dir, 'gone'), join(dir, 'appendonly.aof.1.incr.aof'));
  expect([...(sizesOf(dir) ?? [])]).toEqual([['appendonly.aof.2.incr.aof', 12]]);
});

test('a folder that cannot be read is not known to be empty', () => {
  expect(sizesOf(join(tmpdir(), 'rtops-no-such-folder'))).toBeUndefined();
});
