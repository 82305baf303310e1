/** `rtops trace` after kill -9 of the rtops that made a run: real processes, before and after `heal`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

import { stateFolder } from '../system/state-folder.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { newShell } from './testing/shell.ts';

// Each command is a process; on a machine that does other things as well they take their time.
vi.setConfig({ testTimeout: 120_000 });

test('a run whose rtops was killed: what its users and its servers wrote, and one story everywhere', async () => {
  const shell = newShell();
  const { runsDir } = stateFolder(shell.dir);
  const load = ['--stage', '1s:20', '--stage', '180s:20', '--rate', '5/s/user'];
  const follow = ['--set', 'server.traceSample=1'];
  const bench = shell.start('bench', '--topology', 'single', ...load, ...follow);
  const id = await waitUntil(() => {
    const newest = existsSync(runsDir) ? readdirSync(runsDir).at(-1) : undefined;
    const history = newest === undefined ? '' : join(runsDir, newest, 'history', 'worker-0.bin');
    // Some seconds of it: users hand over what they wrote down once a second.
    const isThere = history !== '' && existsSync(history) && readFileSync(history).length > 12_000;
    return isThere ? newest : undefined;
  }, 60_000);
  process.kill(bench.pid, 'SIGKILL');
  await bench.ended;

  const dead = new RegExp(
    `- run ${id} was killed, or failed, at \\d\\d:\\d\\d:\\d\\d UTC and left no report`,
  );
  /** All that is said, whoever is asked. */
  const asked = async (): Promise<void> => {
    const message = await shell.run('trace', '0.0.0');
    expect(message.code, message.stderr).toBe(0);
    expect(message.stdout).toMatch(dead);
    expect(message.stdout).toMatch(/u0 +sent\n[^]*server-1 +taken from u0[^]*delivered: seq/);
    expect(message.stdout).not.toMatch(/under way|not here|first line found/);
    const slowest = await shell.run('trace', 'slowest');
    expect(slowest).toMatchObject({ code: 0, stdout: expect.stringMatching(dead) });
    const report = await shell.run('open', 'report');
    expect(report.code).toBe(104);
    expect(report.stderr).toContain(`why: run ${id} was killed, or failed, at`);
    expect(report.stderr).toContain(`next: rtops trace slowest ${id}`);
  };
  await asked();
  expect((await shell.run('heal')).code).toBe(0);
  await asked();
});
