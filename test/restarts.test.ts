/** What is listed as restarted, on a real observed system: a death, and no order. */
import { expect, test } from 'vitest';

import { pidOf } from '../cli/system/testing/pid-of.ts';
import { waitUntil } from '../cli/system/testing/wait-until.ts';
import { machineAlerts } from '../prometheus/fault-alerts.ts';
import { firedSince, read } from './testing/asked-prometheus.ts';
import { newHome, upDetached } from './testing/rtops.ts';

test('a system that is taken down and brought up is not listed as restarted; a server that died is', async () => {
  const home = newHome();
  const before = await upDetached(home, 'single', '--observe');
  await waitUntil(async () => (await read(before, 'process_start_time_seconds')).length > 0);
  expect((await home.run('down')).code).toBe(0);
  const upAgainMs = Date.now();
  const system = await upDetached(home, 'single', '--observe');
  const starts = 'changes(process_start_time_seconds{job="rtops-server"}[1m])';
  const seenSec = await waitUntil(async () => {
    const [seen] = await read(system, `${starts} > 0`);
    return seen?.atSec;
  });
  // The rules have been asked since.
  await waitUntil(async () => {
    const [watchdog] = await read(system, 'timestamp(ALERTS{alertname="Watchdog"})');
    return watchdog !== undefined && watchdog.value > seenSec + 4;
  });
  const killedMs = Date.now();
  process.kill(pidOf(system.services.find(({ name }) => name === 'server-1')), 'SIGKILL');
  const listed = 'ALERTS{alertname="ServerRestarted", alertstate="firing", instance="server-1"}';
  await waitUntil(async () => (await read(system, listed)).length > 0, 60_000);
  const fired = await firedSince(system.observe.prometheus ?? '', upAgainMs);
  const names = fired.filter(({ atMs }) => atMs < killedMs).map(({ alertname }) => alertname);
  expect(names.filter((name) => !machineAlerts.includes(name))).toEqual([]);
});
