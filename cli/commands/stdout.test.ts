/** What a verb prints must get where it goes, or its exit code says so. */
import { spawn } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const main = join(import.meta.dirname, '..', 'main.ts');

function rtops(stdio: StdioOptions, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, said })),
  );
  return { child, ended };
}

test.each(['explain', 'schema report', 'ps --json'])(
  'on a full disk `rtops %s` is 120, not a cut document and a 0',
  async (words) => {
    // Every write to /dev/full ends in ENOSPC.
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const { code, said } = await rtops(['ignore', full, 'pipe'], ...words.split(' ')).ended;
    expect(said).toMatch(/^rtops: stdout did not take all of it\n {2}why: ENOSPC/);
    expect(code).toBe(120);
  },
);

test('a reader that has enough (| head) is no failure', async () => {
  const { child, ended } = rtops(['ignore', 'pipe', 'pipe'], 'explain');
  child.stdout?.destroy();
  expect(await ended).toEqual({ code: 0, said: '' });
});
