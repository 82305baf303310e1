import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

import { parsePidLine } from './launch.ts';
import { commandOf, groupMembers, isAlive, startTimeOf, worksInside } from './process-identity.ts';
import { readUsage, readUsageByPs } from './process-usage.ts';
import { sleeper } from './testing/sleeper.ts';

test('a process is alive under its own start time only, and not once it has ended', async () => {
  const one = sleeper('/');
  expect(isAlive(one)).toBe(true);
  expect(isAlive({ ...one, startTime: `${one.startTime}0` })).toBe(false);
  process.kill(one.pid, 'SIGKILL');
  await one.ended;
  expect(isAlive(one)).toBe(false);
  expect(startTimeOf(one.pid)).toBeUndefined();
});

test('a group is found by its leader', () => {
  const one = sleeper('/');
  expect(groupMembers(one.pid)).toEqual([one.pid]);
  expect(commandOf(one.pid)).toBe('/bin/sleep 60');
});

test('where a process works is known, also when the folder is gone', () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'rtops-works-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const one = sleeper(dir);
  expect(worksInside(one.pid, dir)).toBe(true);
  expect(worksInside(one.pid, `${dir}-other`)).toBe(false);
  rmSync(dir, { recursive: true });
  expect(worksInside(one.pid, dir)).toBe(true);
});

describe('what the shell writes about itself', () => {
  test.each([
    ['4711 89123', { pid: 4711, startTime: '89123' }],
    ['4711 Sat Nov 21 11:05:01 2026\n', { pid: 4711, startTime: 'Sat Nov 21 11:05:01 2026' }],
    ['', undefined],
    ['4711', undefined],
    ['0 (sh) S', undefined],
    ['1 Sat Nov 21 11:05:01 2026', undefined],
  ])('%j', (line, identity) => {
    expect(parsePidLine(line)).toEqual(identity);
  });
});

test('ps, used where there is no /proc, agrees with it', () => {
  const byProc = readUsage(process.pid);
  const byPs = readUsageByPs(process.pid);
  expect(Math.abs((byPs?.cpuMs ?? 0) - (byProc?.cpuMs ?? 0))).toBeLessThan(1500);
  expect((byPs?.rssKb ?? 0) / (byProc?.rssKb ?? 1)).toBeCloseTo(1, 0);
  expect(byProc?.waitMs.size).toBeGreaterThan(1);
  expect(readUsage(999_999_999)).toBeUndefined();
  expect(readUsageByPs(999_999_999)).toBeUndefined();
});
