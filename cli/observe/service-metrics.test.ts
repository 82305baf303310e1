import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

import { commandOf, selfIdentity } from '../system/process-identity.ts';
import { sleeper } from '../system/testing/sleeper.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { MetricPage } from './metric-page.ts';
import { serviceMetrics } from './service-metrics.ts';
import { valueOf } from './testing/parse-page.ts';

const services = [
  { name: 'ws-1', kind: 'server' },
  { name: 'ws-2', kind: 'server' },
];

function watched() {
  const { cwd } = testWorld();
  const stateFile = join(cwd, 'state.json');
  /** An exporter's reader, as each start of it makes one. */
  const started = () => {
    const exposed = new MetricPage();
    const metrics = serviceMetrics(exposed, { stateFile, services });
    return async () => {
      metrics.read();
      const page = await exposed.text();
      return (name: string, service: string) => valueOf(page, name, { service });
    };
  };
  return {
    cwd,
    started,
    read: started(),
    supervised(supervisor: object, records: readonly object[]) {
      writeFileSync(stateFile, JSON.stringify({ schemaVersion: 1, supervisor, services: records }));
    },
  };
}

test('services are as their supervisor wrote them down, and use what their processes use', async () => {
  const { cwd, read, supervised } = watched();
  const process = sleeper(cwd);
  supervised(selfIdentity(), [
    { name: 'ws-1', ...process, state: 'ready', restarts: 3 },
    { name: 'ws-2', pid: null, startTime: null, state: 'restarting', restarts: 1 },
    { name: 'not-planned', pid: null, startTime: null, state: 'ready', restarts: 0 },
  ]);
  const seen = await read();
  expect(seen('rtops_service_up', 'ws-1')).toBe(1);
  expect(seen('rtops_service_up', 'ws-2')).toBe(0);
  expect(seen('rtops_service_restarts_total', 'ws-1')).toBe(3);
  expect(seen('rtops_service_restarts_total', 'ws-2')).toBe(1);
  expect(seen('rtops_service_resident_bytes', 'ws-1')).toBeGreaterThan(0);
  expect(seen('rtops_service_resident_bytes', 'ws-2')).toBe(0);
  expect(seen('rtops_service_up', 'not-planned')).toBeUndefined();
});

test('CPU only grows, also when the process is another one', async () => {
  const { cwd, read, started, supervised } = watched();
  await read();
  const busy = spawn('/bin/sh', ['-c', `${workForAWhile}; exec sleep 60`], { detached: true });
  onTestFinished(() => void busy.kill('SIGKILL'));
  const as = (startTime: string, pid = busy.pid) =>
    supervised(selfIdentity(), [{ name: 'ws-1', pid, startTime, state: 'ready', restarts: 0 }]);
  const cpu = async () => (await read())('rtops_service_cpu_seconds_total', 'ws-1') ?? 0;
  as('first');
  await waitUntil(() => commandOf(busy.pid ?? 0).startsWith('sleep'));
  const worked = await cpu();
  expect(worked).toBeGreaterThan(0);
  expect(await cpu()).toBe(worked);
  // With the same pid, as after a restart of the machine's pids: all of it counts.
  as('second');
  expect(await cpu()).toBeCloseTo(2 * worked);
  // An exporter that begins anew: a total of its own would be taken for one that began again.
  expect((await started()())('rtops_service_cpu_seconds_total', 'ws-1')).toBe(0);
  const asleep = sleeper(cwd);
  as(asleep.startTime, asleep.pid);
  expect(await cpu()).toBeCloseTo(2 * worked);
});

const workForAWhile = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done';

test('nothing is up that nobody supervises, or of which nothing is known', async () => {
  const { read, supervised } = watched();
  expect((await read())('rtops_service_up', 'ws-1')).toBe(0);
  const { pid } = selfIdentity();
  supervised({ pid, startTime: 'earlier' }, [
    { name: 'ws-1', pid: null, startTime: null, state: 'ready', restarts: 0 },
  ]);
  expect((await read())('rtops_service_up', 'ws-1')).toBe(0);
});
