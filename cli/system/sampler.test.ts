import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';

import { monotonicMs } from './monotonic-ms.ts';
import { groupMembers, startTimeOf } from './process-identity.ts';
import { createSampler } from './sampler.ts';
import { signalGroup } from './signals.ts';
import type { ServiceRecord } from './system-state.ts';
import { testWorld } from './testing/test-world.ts';
import { waitUntil } from './testing/wait-until.ts';
import { pidOf } from './testing/pid-of.ts';

test('a worker that comes later counts from its birth on, and never for more than the time it had', async () => {
  // As nginx after a reload: a master that does nothing, and after a line a worker that never rests.
  const master = spawn('/bin/sh', ['-c', 'read -r line; (while :; do :; done) & wait'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = pidOf(master);
  onTestFinished(async () => {
    signalGroup(pid, 'SIGKILL');
    await new Promise((resolve) => master.once('exit', resolve));
  });
  const service: ServiceRecord = {
    ...{ name: 'nginx', kind: 'nginx', role: null, host: '127.0.0.1', port: 1, metricsPort: null },
    ...{ pid, startTime: startTimeOf(pid) ?? '', state: 'ready', restarts: 0 },
  };
  const sample = createSampler(testWorld());
  const cpuPct = async () => (await sample([service]))[0]?.cpuPct ?? Number.NaN;
  expect(await cpuPct()).toBe(0);
  expect(await cpuPct()).toBeLessThan(20);
  master.stdin.write('\n');
  await waitUntil(() => groupMembers(pid).length === 2);
  const seen: number[] = [];
  for (let at = 0; at < 12; at += 1) {
    await sleepFor(150);
    seen.push(await cpuPct());
  }
  // Ticks of 10 ms make a share of 150 ms uncertain by a fifteenth; a core has no more than all of it.
  expect(Math.max(...seen)).toBeLessThan(130);
  expect(seen.filter((pct) => pct > 0).length).toBeGreaterThan(9);
});

test('a reading is of its moment on the clock of the history', async () => {
  const idle = spawn('/bin/sh', ['-c', 'read -r line'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = pidOf(idle);
  onTestFinished(async () => {
    idle.stdin.end();
    await new Promise((resolve) => idle.once('exit', resolve));
  });
  const service: ServiceRecord = {
    ...{ name: 'ws-2', kind: 'nginx', role: null, host: '127.0.0.1', port: 1, metricsPort: null },
    ...{ pid, startTime: startTimeOf(pid) ?? '', state: 'ready', restarts: 0 },
  };
  const world = testWorld();
  const sample = createSampler({ ...world, clock: { ...world.clock, now: () => 0 } });
  const beforeMs = monotonicMs(world);
  const [reading] = await sample([service]);
  expect(reading?.atMs).toBeGreaterThanOrEqual(beforeMs);
  expect(reading?.atMs).toBeLessThan(monotonicMs(world) + 1);
});

test('a process that has ended has no reading: it does not use 0 MB', async () => {
  const ended = spawn('/bin/sh', ['-c', 'read -r line'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = pidOf(ended);
  const startTime = startTimeOf(pid) ?? '';
  const service: ServiceRecord = {
    ...{ name: 'ws-2', kind: 'server', role: null, host: '127.0.0.1', port: 1, metricsPort: null },
    ...{ pid, startTime, state: 'ready', restarts: 0 },
  };
  const sample = createSampler(testWorld());
  expect((await sample([service]))[0]?.rssMb).toBeGreaterThan(0);
  const exited = new Promise((resolve) => ended.once('exit', resolve));
  process.kill(pid, 'SIGKILL');
  // First as a zombie, which nobody has waited for: no turn of the event loop until it is one.
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  expect(await sample([service])).toEqual([]);
  await exited;
  expect(await sample([service])).toEqual([]);
});
