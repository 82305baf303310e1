import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { healFolder } from './heal-folder.ts';
import { announceRun } from './run-targets.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { systemChecks } from './system-checks.ts';
import { sleeper } from './testing/sleeper.ts';
import { testWorld } from './testing/test-world.ts';

test('what a killed run left is a leftover until it is healed; a living run leaves none', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  const row = () => systemChecks(folder).find(({ name }) => name === 'leftovers');
  expect(row()).toMatchObject({ state: 'ok', found: 'none' });
  announceRun(folder.dir, { runId: 'living', address: '127.0.0.1:9', topology: 'scaled' });
  expect(row()).toMatchObject({ state: 'ok', found: 'none' });
  const targets = join(folder.dir, 'targets');
  mkdirSync(targets, { recursive: true });
  writeFileSync(join(targets, 'run-gone.json'), '[{"labels":{"__pid":"1","__start_time":"no"}}]');
  expect(row()).toMatchObject({
    state: 'warn',
    found: 'what a killed run left in targets/: run-gone.json',
    next: 'rtops heal',
  });
  await healFolder(world, folder);
  expect(row()).toMatchObject({ state: 'ok', found: 'none' });
});

test('services of a system that is up are no leftovers, though its record cannot be read', () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  const [supervisor, service] = [sleeper(world.cwd), sleeper(folder.dir)];
  symlinkSync(
    JSON.stringify({ pid: supervisor.pid, startTime: supervisor.startTime }),
    folder.lockFile,
  );
  symlinkSync(`${service.pid} ${service.startTime}`, join(folder.pidsDir, 'server-1'));
  writeFileSync(folder.stateFile, '{"schemaVersion": 1, "sup');
  expect(systemChecks(folder)).toEqual([
    {
      name: 'system',
      state: 'warn',
      found: `pid ${supervisor.pid} looks after a system whose record cannot be read: ${folder.stateFile} was cut short or changed`,
      next: 'rtops down, which needs no record; then rtops up again',
    },
    { name: 'leftovers', state: 'ok', found: 'none', next: null },
  ]);
});

test('what names no process is no leftover', () => {
  const folder = stateFolder(testWorld().cwd);
  makeStateFolder(folder);
  writeFileSync(join(folder.pidsDir, 'ws-1'), '4711');
  expect(systemChecks(folder).at(-1)).toMatchObject({ state: 'ok', found: 'none' });
});
