import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

import type { RunningSystem } from '../../running-system.ts';
import { testWorld } from '../../testing/test-world.ts';
import { waitUntil } from '../../testing/wait-until.ts';
import { measureEdgeOverhead } from './edge-overhead.ts';

const host = '127.0.0.1';

/** A port whose queue is full, in front of a process that takes nobody from it. */
async function deafPort(): Promise<number> {
  const code = `const server = require('node:net').createServer(() => {});
    server.listen({ host: '${host}', port: 0, backlog: 1 }, () => {
      process.stdout.write(String(server.address().port));
      process.kill(process.pid, 'SIGSTOP');
    });`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = Number(
    await new Promise((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data))),
  );
  await waitUntil(async () => {
    const socket = connect({ host, port });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    const isIn = await Promise.race([
      new Promise((resolve) => socket.once('connect', () => resolve(true))),
      sleepFor(300, false),
    ]);
    return isIn === false;
  });
  return port;
}

test('a service that takes no connection is a failure, and is not waited for', async () => {
  const { cwd } = testWorld();
  const port = await deafPort();
  mkdirSync(join(cwd, 'conf'));
  const edge = { name: 'ws-1-redis', from: 'ws-1', to: 'redis', port, targetPort: port };
  const config = { host, controlPort: 1, token: 't', edges: [edge] };
  writeFileSync(join(cwd, 'conf', 'edges.json'), JSON.stringify(config));
  // As much of a system as is asked.
  const services = () => Promise.resolve([{ name: 'edges' }]);
  const system = { stateDir: cwd, services } as unknown as RunningSystem;
  await expect(measureEdgeOverhead(system)).rejects.toMatchObject({
    code: 120,
    message: 'a ping to measure the fault proxy got no answer',
  });
}, 10_000);
