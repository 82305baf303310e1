import path from 'node:path';

import { expect, test } from 'vitest';

import { smallScenario } from './testing/small-scenario.ts';
import { folder } from './testing/load-run.ts';
import type { FromWorker, WorkerSecond } from './worker-messages.ts';
import { Worker } from './worker.ts';

test('what a worker used before second 0 is not counted as the run’s', async () => {
  const second = Promise.withResolvers<WorkerSecond>();
  const say = (message: FromWorker): void => {
    if (message.kind === 'second') second.resolve(message);
  };
  const worker = await Worker.load(
    {
      kind: 'start',
      runId: 'run',
      scenario: smallScenario({ stages: [{ durationMs: 60_000, target: 1 }] }),
      url: 'http://127.0.0.1:1',
      credentials: { kind: 'secret', secret: 'a secret of at least thirty-two characters' },
      historyFile: path.join(folder(), 'worker-0.bin'),
      index: 0,
      workers: 1,
    },
    say,
  );
  const usedBeforeUs = 600_000;
  const { user, system } = process.cpuUsage();
  for (let used = process.cpuUsage(); used.user + used.system < user + system + usedBeforeUs;) {
    used = process.cpuUsage();
  }
  worker.go(process.hrtime.bigint());
  const { health } = await second.promise;
  await worker.finish();
  expect(health.cpuUs).toBeLessThan(usedBeforeUs);
  expect(health.cpuUs).toBeGreaterThan(0);
});
