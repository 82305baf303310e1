import { spawn } from 'node:child_process';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { cpus } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';

import { parseProcStat, watchMachine } from './machine-usage.ts';

test('the line of all cores: idle and waiting for a disk is not busy, stolen time is', () => {
  const text = 'cpu  10 20 30 400 50 6 7 8 9 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n';
  expect(parseProcStat(text)).toEqual({ busy: 81, steal: 8, all: 531 });
  expect(() => parseProcStat('intr 1')).toThrow('no line');
});

test('sees a program that is none of ours', async () => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.once('spawn', resolve));
  const use = watchMachine();
  await sleepFor(1500);
  // One loop fills a core, less what others leave it of that.
  expect(use()?.busyPct).toBeGreaterThan((100 / cpus().length) * 0.7);
});
