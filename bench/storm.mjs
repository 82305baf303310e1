// All clients of a killed chat server come back at once: half of `users`, to the one that is left.
// Prints how long they took, and what of it was detection, backoff, connection and resume.
// Usage: node bench/storm.mjs [users] [runs]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ended, home, median } from './rtops.mjs';

const users = Number(process.argv[2] ?? 10_000);
const runs = Number(process.argv[3] ?? 3);

const rows = [];
for (let run = 1; run <= runs; run += 1) {
  const system = home();
  try {
    const scenario = join(system.dir, 'storm.yaml');
    const rampSec = Math.max(5, Math.ceil(users / 400));
    writeFileSync(
      scenario,
      [
        'name: storm',
        `stages: ['${rampSec}s:${users}', '40s:${users}']`,
        'rate: 0.05/s/user',
        'http: { rate: 0/s }',
        'fidelity: 0',
        `faults: ['kill@ws-2,at=${rampSec + 12}s,for=20s']`,
      ].join('\n'),
    );
    await ended(
      system.start(['failover-test', scenario, '--topology', 'scaled', '--reporter', 'quiet']),
    );
    const report = system.report();
    const [fault] = report.faults;
    const row = {
      run,
      affected: fault.affected,
      resumeMs: fault.resumeMs,
      splitMs: { backoff: fault.backoff, connect: fault.connect, resume: fault.resume },
      neverResumed: fault.neverResumed,
      lost: report.ledger.lost,
      duplicated: report.ledger.duplicated,
      reordered: report.ledger.reordered,
      generatorSaturated: report.generator.saturated,
    };
    rows.push(row);
    console.log(JSON.stringify(row));
  } finally {
    system.down();
  }
}
console.log(
  JSON.stringify({
    users,
    runs,
    allBackMs: median(rows.map((row) => row.resumeMs.max)),
    resumeP99Ms: median(rows.map((row) => row.splitMs.resume.p99)),
    lost: rows.reduce((sum, row) => sum + row.lost, 0),
  }),
);
