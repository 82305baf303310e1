/** At a real terminal (of tmux): keys are what they are to any program. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const main = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');

test.each([
  { key: 'C-c', name: 'Ctrl-C', code: 105, says: '' },
  { key: 'C-d', name: 'Ctrl-D', code: 120, says: 'Nothing was changed.' },
])('$name at the question of setup is $code, and nothing is got', async ({ key, code, says }) => {
  const terminal = newTerminal();
  // A machine that has nothing but a package manager, which must not be asked.
  const bin = join(terminal.dir, 'bin');
  mkdirSync(bin);
  const got = join(terminal.dir, 'got');
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\n: > '${got}'\n`);
  chmodSync(join(bin, 'apt-get'), 0o755);
  terminal.type(`PATH='${bin}' '${process.execPath}' '${main}' setup; echo "code $? end"`);
  await terminal.shows(/Run this now\? \[y\/N\]/);
  terminal.press(key);
  const shown = await terminal.shows(/code \d+ end/);
  expect(shown).toContain(`code ${code} end`);
  expect(shown).toContain(says);
  expect(shown).not.toContain('internal error');
  expect(existsSync(got)).toBe(false);
});

/** A terminal of 100×40 with a shell in a folder of its own; both are gone when the test ends. */
function newTerminal() {
  const dir = mkdtempSync(join(tmpdir(), 'rtops-terminal-'));
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-S', join(dir, 'tmux'), ...args], { encoding: 'utf8' });
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '40', '-c', dir, '/bin/sh');
  onTestFinished(() => {
    tmux('kill-server');
    rmSync(dir, { recursive: true, force: true });
  });
  const view = (): string => tmux('capture-pane', '-p');
  return {
    dir,
    type(line: string): void {
      tmux('send-keys', '-l', line);
      tmux('send-keys', 'Enter');
    },
    press: (key: string) => void tmux('send-keys', key),
    async shows(pattern: RegExp): Promise<string> {
      await expect.poll(view, { timeout: 20_000, interval: 50 }).toMatch(pattern);
      return view();
    },
  };
}
