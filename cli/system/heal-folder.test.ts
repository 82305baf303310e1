import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import type { World } from '../world.ts';
import { single } from '../topology/testing/topologies.ts';
import { healFolder } from './heal-folder.ts';
import { isAlive, markerKey } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';
import { readSystemState, writeSystemState } from './system-state.ts';
import { sleeper } from './testing/sleeper.ts';
import { testWorld } from './testing/test-world.ts';

function newFolder(): { readonly world: World; readonly folder: StateFolder } {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  return { world, folder };
}

/** As the shell of `launch` makes it. */
function writePidFile(
  folder: StateFolder,
  name: string,
  { pid, startTime }: ProcessIdentity,
): void {
  symlinkSync(`${pid} ${startTime}`, join(folder.pidsDir, name));
}

function writeState(folder: StateFolder, { pid, startTime }: ProcessIdentity): void {
  writeSystemState(folder, {
    schemaVersion: 1,
    phase: 'ready',
    startedAtMs: 0,
    supervisor: { pid: 999_999_999, startTime: '1' },
    topology: single,
    url: 'http://127.0.0.1:1',
    secret: 's',
    services: [
      {
        name: 'server-1',
        kind: 'server',
        role: 'all',
        pid,
        startTime,
        host: '127.0.0.1',
        port: 1,
        metricsPort: 2,
        state: 'ready',
        restarts: 0,
      },
    ],
  });
}

describe('what is ended', () => {
  test.each([
    {
      how: 'a pid file',
      write: (folder: StateFolder, one: ProcessIdentity) => writePidFile(folder, 'ws-1', one),
    },
    { how: 'state.json', write: writeState },
  ])('a process recorded by $how', async ({ write }) => {
    const { world, folder } = newFolder();
    const left = sleeper(folder.dir);
    write(folder, left);
    const healed = await healFolder(world, folder);
    expect(healed).toMatchObject([{ pid: left.pid, command: '/bin/sleep 60' }]);
    await left.ended;
    expect(readSystemState(folder)).toBeUndefined();
    expect(await healFolder(world, folder)).toEqual([]);
  });

  test('one that had not yet written its pid file, by the marker in its environment', async () => {
    const { world, folder } = newFolder();
    const left = sleeper(folder.dir, { [markerKey]: folder.dir });
    expect(await healFolder(world, folder)).toMatchObject([{ name: 'unrecorded', pid: left.pid }]);
    await left.ended;
  });

  test('one that is stopped', async () => {
    const { world, folder } = newFolder();
    const left = sleeper(folder.dir);
    process.kill(left.pid, 'SIGSTOP');
    writePidFile(folder, 'ws-1', left);
    await healFolder(world, folder);
    await left.ended;
  });
});

describe('what is left alone', () => {
  test.each([
    { why: 'a reused pid: another start time', change: { startTime: '12345' }, inside: true },
    { why: 'a process that works elsewhere', change: {}, inside: false },
  ])('$why', async ({ change, inside }) => {
    const { world, folder } = newFolder();
    const stranger = sleeper(inside ? folder.dir : '/');
    writePidFile(folder, 'ws-1', { ...stranger, ...change });
    writeState(folder, { ...stranger, ...change });
    expect(await healFolder(world, folder)).toEqual([]);
    expect(isAlive(stranger)).toBe(true);
  });

  test('a child of an rtops in another folder', async () => {
    const { world, folder } = newFolder();
    const other = newFolder();
    const stranger = sleeper(other.folder.dir, { [markerKey]: other.folder.dir });
    expect(await healFolder(world, folder)).toEqual([]);
    expect(isAlive(stranger)).toBe(true);
  });
});
