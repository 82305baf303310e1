import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { healFolder } from './heal-folder.ts';
import { announceRun, removeStaleRuns } from './run-targets.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { sleeper } from './testing/sleeper.ts';
import { testWorld } from './testing/test-world.ts';

const target = { runId: '20261121-1', address: '127.0.0.1:9999', topology: 'scaled' };

test('a run is announced as Prometheus reads it, and taken back', () => {
  const { cwd } = testWorld();
  const takeBack = announceRun(cwd, target);
  const groups: unknown = JSON.parse(
    readFileSync(join(cwd, 'targets/run-20261121-1.json'), 'utf8'),
  );
  expect(groups).toMatchObject([
    { targets: ['127.0.0.1:9999'], labels: { topology: 'scaled', instance: 'run' } },
  ]);
  expect(readdirSync(join(cwd, 'targets'))).toHaveLength(1);
  takeBack();
  expect(readdirSync(join(cwd, 'targets'))).toEqual([]);
});

test('what a killed run left is removed by the next, a living one and what is not ours stay', () => {
  const { cwd } = testWorld();
  const folder = join(cwd, 'targets');
  mkdirSync(folder);
  const living = sleeper(cwd);
  const owned = (pid: number, startTime: string) =>
    JSON.stringify([
      { targets: ['127.0.0.1:1'], labels: { __pid: String(pid), __start_time: startTime } },
    ]);
  writeFileSync(join(folder, 'run-living.json'), owned(living.pid, living.startTime));
  writeFileSync(join(folder, 'run-reused-pid.json'), owned(living.pid, '1'));
  writeFileSync(join(folder, 'run-gone.json'), owned(2 ** 22 - 1, '1'));
  writeFileSync(join(folder, 'run-half.json.tmp'), '[{"targets":');
  writeFileSync(join(folder, 'mine.json'), '[]');
  announceRun(cwd, target);
  expect(readdirSync(folder).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'mine.json',
    'run-20261121-1.json',
    'run-living.json',
  ]);
});

test('a heal removes what a killed run left', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  const targets = join(folder.dir, 'targets');
  makeStateFolder(folder);
  mkdirSync(targets);
  writeFileSync(join(targets, 'run-gone.json'), '[{"labels":{"__pid":"1","__start_time":"no"}}]');
  await healFolder(world, folder);
  expect(readdirSync(targets)).toEqual([]);
});

test('a folder without targets has nothing stale', () => {
  expect(() => removeStaleRuns(testWorld().cwd)).not.toThrow();
});
