// Deliveries per CPU-second: the reference server on the log path (stored before acked) beside a
// bare Socket.IO + Redis-adapter server, the same load, one after the other, no proxy between.
// Usage: node bench/server-cost.mjs [pairs] [users] [holdSec]
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cpuSecOf } from './process-cost.mjs';
import { ended, freePort, heldScenario, home, median } from './rtops.mjs';

const pairs = Number(process.argv[2] ?? 3);
const users = Number(process.argv[3] ?? 1000);
const holdSec = Number(process.argv[4] ?? 20);

const system = home();
const up = system.up('split');
const service = (name) => up.services.find((one) => one.name === name);
const port = await freePort();
const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-server.mjs')], {
  env: {
    ...process.env,
    PORT: String(port),
    REDIS_URL: `redis://127.0.0.1:${service('redis').port}`,
  },
  stdio: 'inherit',
});
const rows = [];
try {
  const scenario = join(system.dir, 'cost.yaml');
  const lines = ['rate: 1/s/user', 'http: { rate: 0/s }', 'thresholds: [chat.delivery count > 0]'];
  writeFileSync(scenario, heldScenario({ users, rampSec: 5, holdSec, lines }));
  for (let pair = 0; pair < pairs; pair++) {
    rows.push({
      log: await run(scenario, service('ws-1').pid, `http://127.0.0.1:${service('ws-1').port}`),
      bare: await run(scenario, bare.pid, `http://127.0.0.1:${port}`),
    });
    console.log(JSON.stringify(rows.at(-1)));
  }
} finally {
  bare.kill();
  system.down();
}
const ratio = median(rows.map(({ log, bare: other }) => log.perCpuSec / other.perCpuSec));
console.log(
  `deliveries per CPU-second, log path / bare: ${ratio.toFixed(3)} (median of ${pairs} pairs)`,
);

async function run(scenario, pid, url) {
  const before = cpuSecOf(pid);
  const child = system.start(['bench', scenario, '--url', url, '--reporter', 'plain'], {
    RTOPS_JWT_SECRET: system.secret(),
  });
  await ended(child);
  const cpuSec = cpuSecOf(pid) - before;
  const report = system.report();
  const delivered = report.ops['chat.delivery'].count;
  return {
    cpuSec,
    delivered,
    perCpuSec: delivered / cpuSec,
    p95: report.ops['chat.ack'].latencyMs.p95,
  };
}
