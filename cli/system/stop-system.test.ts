import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

import { Failure } from '../failure.ts';
import { single } from '../topology/testing/topologies.ts';
import { startTimeOf } from './process-identity.ts';
import { startSystem } from './start-system.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { stopSystem } from './stop-system.ts';
import type { StopStep } from './stop-system.ts';
import { writeSystemState } from './system-state.ts';
import { onFullDisk } from './testing/full-disk.ts';
import { sleeper } from './testing/sleeper.ts';
import { testWorld } from './testing/test-world.ts';
import type { TestWorld } from './testing/test-world.ts';
import { waitUntil } from './testing/wait-until.ts';
import { pidOf } from './testing/pid-of.ts';

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

/** Ends a while after it is asked to, as a run that reads its history: when its file goes. */
const slowToEnd = `process.on('SIGTERM', () => {
    fs.writeFileSync('asked', '');
    setInterval(() => fs.existsSync('go') && process.exit(0), 20);
  });
  setTimeout(() => {}, 60_000); console.log('up')`;

async function runInFolder(world: TestWorld, ofRun: boolean) {
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  const child = spawn(process.execPath, ['-e', slowToEnd], { cwd: world.cwd, stdio: 'pipe' });
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code)),
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const pid = pidOf(child);
  const supervisor = { pid, startTime: startTimeOf(pid) ?? '' };
  writeSystemState(folder, {
    ...{ schemaVersion: 1, phase: 'ready', startedAtMs: 0, supervisor, topology: single },
    ...{ url: 'http://127.0.0.1:1', secret: 's', services: [] },
    ...(ofRun ? { ofRun: true } : {}),
  });
  return { pid, ended };
}

test('a run has its own time to write its report, before that of its system begins', async () => {
  const world = testWorld();
  let looks = 0;
  const sleep = (ms: number) => {
    looks += 1;
    return world.clock.sleep(ms);
  };
  const run = await runInFolder(world, true);
  const steps: StopStep[] = [];
  const watched = { ...world, clock: { ...world.clock, sleep } };
  const stopped = stopSystem(watched, {
    removeData: false,
    onStep: (step) => steps.push(step),
    patience: { runMs: 60_000, systemMs: 1 },
  });
  await waitUntil(() => existsSync(join(world.cwd, 'asked')));
  // The time of the system alone has long passed.
  await waitUntil(() => looks > 20);
  writeFileSync(join(world.cwd, 'go'), '');
  expect(await run.ended).toBe(0);
  expect((await stopped).supervisor?.pid).toBe(run.pid);
  expect(steps).toMatchObject([
    { kind: 'run-asked', pid: run.pid, own: true, killedAfterMs: 60_000 },
  ]);
});

test.each([true, false])(
  'who does not end in time is killed, and that is told: a run %s',
  async (ofRun) => {
    const world = testWorld();
    const run = await runInFolder(world, ofRun);
    const steps: StopStep[] = [];
    await stopSystem(world, {
      removeData: false,
      onStep: (step) => steps.push(step),
      patience: { runMs: 50, systemMs: 50 },
    });
    expect(await run.ended).toBe('SIGKILL');
    expect(steps.at(-1)).toMatchObject({ kind: 'killed', pid: run.pid, ofRun });
  },
);
