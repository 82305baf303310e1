import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findBinary } from './find-binary.ts';

describe('findBinary', () => {
  test('takes the first executable file along PATH', async () => {
    const first = await folderWith('tool', 0o755);
    const second = await folderWith('tool', 0o755);
    expect(await findBinary('tool', `${first}:${second}`)).toBe(join(first, 'tool'));
  });

  test('passes over a file that cannot be executed', async () => {
    const plain = await folderWith('rtops-tool', 0o644);
    expect(await findBinary('rtops-tool', plain)).toBeUndefined();
  });

  test('passes over a folder of that name', async () => {
    const folder = await folderWith('other', 0o755);
    await mkdir(join(folder, 'rtops-tool'));
    expect(await findBinary('rtops-tool', folder)).toBeUndefined();
  });

  test('never looks in a relative folder of PATH', async () => {
    expect(await findBinary('build.mjs', '.')).toBeUndefined();
    expect(await findBinary('rtops-tool', 'bin:')).toBeUndefined();
  });

  test('looks in the system folders that a plain PATH leaves out', async () => {
    expect(await findBinary('chroot', '/nowhere')).toMatch(/^\/usr\/(local\/)?sbin\/chroot$/);
  });

  test('finds nothing without a PATH when no system folder has it', async () => {
    expect(await findBinary('rtops-no-such-binary', undefined)).toBeUndefined();
  });
});

async function folderWith(name: string, mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rtops-bin-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, name), '');
  await chmod(join(folder, name), mode);
  return folder;
}
