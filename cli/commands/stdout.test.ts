/** What a verb prints must get where it goes, or its exit code says so. */
import { spawn } from 'node:child_process';
import type { StdioOptions } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const main = join(import.meta.dirname, '..', 'main.ts');

function rtops(stdio: StdioOptions, args: readonly string[], cwd = import.meta.dirname) {
  const child = spawn(process.execPath, [main, ...args], { stdio, cwd });
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
    const { code, said } = await rtops(['ignore', full, 'pipe'], words.split(' ')).ended;
    expect(said).toMatch(/^rtops: stdout did not take all of it\n {2}why: ENOSPC/);
    expect(code).toBe(120);
  },
);

test('a reader that has enough (| head) is no failure', async () => {
  const { child, ended } = rtops(['ignore', 'pipe', 'pipe'], ['explain']);
  child.stdout?.destroy();
  expect(await ended).toEqual({ code: 0, said: '' });
});

test('`logs -f` ends when nobody reads it any more, at the next line', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-logs-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, '.rtops', 'logs'), { recursive: true });
  const log = join(dir, '.rtops', 'logs', 'ws-1.log');
  appendFileSync(log, 'first\n');
  const { child, ended } = rtops(['ignore', 'pipe', 'pipe'], ['logs', '-f', 'ws-1'], dir);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  child.stdout?.destroy();
  appendFileSync(log, 'second\n');
  expect(await ended).toEqual({ code: 0, said: '' });
});
