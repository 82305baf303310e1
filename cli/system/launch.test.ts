import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import type { PlannedService } from '../topology/plan.ts';
import { healFolder } from './heal-folder.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { onFullDisk } from './testing/full-disk.ts';
import { testWorld } from './testing/test-world.ts';

const service: PlannedService = {
  ...{ name: 'redis', kind: 'redis', role: null, host: '127.0.0.1', port: 1, metricsPort: null },
  // As nginx and Redis, it leaves nothing of its environment to be seen.
  argv: ['/usr/bin/env', '-i', '/bin/sleep', '60'],
  // What a caller has in its PATH is no help.
  ...{ env: { PATH: '/nowhere' }, files: [], folders: [], dependsOn: [] },
  ready: { kind: 'tcp', port: 1 },
  stop: { signal: 'SIGTERM', graceMs: 100 },
  restart: { policy: 'no', delayMs: 1, maxRetries: 0 },
};

test('one that was started on a full disk is found by heal, though its supervisor is gone', async () => {
  const world = testWorld();
  const folder = stateFolder(world.cwd);
  makeStateFolder(folder);
  const module = fileURLToPath(new URL('launch.ts', import.meta.url));
  const code = `const { launch } = await import(${JSON.stringify(module)});
    const { pid, exited } = launch(${JSON.stringify(service)}, ${JSON.stringify(folder)});
    console.log(pid);
    // Until the shell has become the service.
    const { commandOf } = await import(${JSON.stringify(module.replace('launch', 'process-identity'))});
    while (!commandOf(pid).startsWith('/bin/sleep')) await new Promise((go) => setTimeout(go, 10));
    process.kill(process.pid, 'SIGKILL');`;
  const { said } = await onFullDisk(folder.dir, ['--input-type=module', '-e', code]).ended;
  const pid = Number(said);
  expect(await healFolder(world, folder)).toEqual([
    { name: 'redis', pid, command: '/bin/sleep 60' },
  ]);
});
