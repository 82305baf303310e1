import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { Failure } from '../failure.ts';
import { single } from '../topology/testing/topologies.ts';
import { startTimeOf } from './process-identity.ts';
import { startSystem } from './start-system.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { stopSystem } from './stop-system.ts';
import { onFullDisk } from './testing/full-disk.ts';
import { sleeper } from './testing/sleeper.ts';
import { testWorld } from './testing/test-world.ts';

const lockOf = (pid: number, startTime: string) => JSON.stringify({ pid, startTime });

test('a supervisor that takes no signal of ours is not said to have stopped', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  // Of all processes the one that nobody here may signal.
  symlinkSync(lockOf(1, startTimeOf(1) ?? ''), folder.lockFile);
  const failure: unknown = await stopSystem(world, { removeData: false }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Failure);
  expect(failure).toMatchObject({ code: 120 });
  expect((failure as Failure).why).toMatch(/^pid 1 \(.*\) looks after it and takes no signal/);
});

test('data that another system took meanwhile is not removed', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  mkdirSync(folder.dataDir);
  const [first, next] = [sleeper(world.cwd), sleeper(world.cwd)];
  symlinkSync(lockOf(first.pid, first.startTime), folder.lockFile);
  const down = stopSystem(world, { removeData: true });
  // Right when the first is gone another rtops is there.
  rmSync(folder.lockFile);
  symlinkSync(lockOf(next.pid, next.startTime), folder.lockFile);
  await expect(down).rejects.toMatchObject({
    code: 120,
    message: 'the data was not removed',
    why: expect.stringContaining(`pid ${next.pid} `) as string,
  });
  expect(existsSync(folder.dataDir)).toBe(true);
});

test('on a full disk it stops, and the data that fills it can be removed', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  const standIn = fileURLToPath(new URL('testing/stand-in-server.ts', import.meta.url));
  const system = await startSystem(world, single, { serverArgv: [standIn] });
  system.kill();
  await system[Symbol.asyncDispose]();
  mkdirSync(folder.dataDir);
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const down = await onFullDisk(world.cwd, [main, 'down', '-v']).ended;
  expect(down).toMatchObject({ code: 0, said: expect.stringContaining('data removed') as string });
  expect(existsSync(folder.dataDir)).toBe(false);
});
