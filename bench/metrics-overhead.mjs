// What metrics cost the server: its CPU per delivery when it counts and is scraped every 2 s, beside
// one that counts and is not scraped, and one with counting taken out; the same load on each, in turn.
// Usage: node bench/metrics-overhead.mjs [rounds] [users] [holdSec] [ratePerUser]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { cpuSecOf } from './process-cost.mjs';
import { ended, freePort, heldScenario, home, lines, median } from './rtops.mjs';

const rounds = Number(process.argv[2] ?? 3);
const users = Number(process.argv[3] ?? 1000);
const holdSec = Number(process.argv[4] ?? 20);
const rate = Number(process.argv[5] ?? 0.1);
const rampSec = Math.max(5, Math.ceil(users / 400));
const scrapeEveryMs = 2000;
const secret = 'the-secret-of-a-benchmark-0123456789';

const variants = {
  bare: { counting: 'off', scraped: false },
  counted: { counting: 'on', scraped: false },
  scraped: { counting: 'on', scraped: true },
};

const system = home();
const dir = mkdtempSync(join(tmpdir(), 'rtops-overhead-'));
const redisPort = await freePort();
const redis = spawn(
  'redis-server',
  ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
  { stdio: 'ignore' },
);
const scenario = join(system.dir, 'overhead.yaml');
writeFileSync(
  scenario,
  heldScenario({
    ...{ users, rampSec, holdSec, downSec: 2 },
    lines: [
      `rate: ${rate}/s/user`,
      'http: { rate: 20/s }',
      'thresholds: [chat.delivery count > 0]',
    ],
  }),
);
const rows = [];
try {
  for (let round = 0; round < rounds; round++) {
    const row = {};
    // The other way round every second time: what warms up over the runs favours nobody.
    const names = Object.keys(variants);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      row[name] = await run(variants[name]);
      console.log(name.padEnd(8), JSON.stringify(row[name]));
    }
    rows.push(row);
  }
} finally {
  redis.kill();
  rmSync(system.dir, { recursive: true, force: true });
  rmSync(dir, { recursive: true, force: true });
}
const over = (name, base) =>
  median(rows.map((row) => row[name].usPerDelivery / row[base].usPerDelivery - 1));
const percent = (share) => `${(share * 100).toFixed(1)} %`;
console.log(`median of ${rounds} rounds, ${users} users, server CPU per delivery:`);
console.log(`  counting                  ${percent(over('counted', 'bare'))}`);
console.log(`  being scraped every 2 s   ${percent(over('scraped', 'counted'))}`);
console.log(`  both                      ${percent(over('scraped', 'bare'))}`);

async function run({ counting, scraped }) {
  const server = spawn(
    process.execPath,
    [join(import.meta.dirname, 'counting-server.mjs'), counting],
    {
      env: {
        PATH: process.env.PATH,
        RTOPS_JWT_SECRET: secret,
        REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let timer;
  try {
    const said = lines(server.stdout);
    const { port, metricsPort } = JSON.parse(await said());
    const before = cpuSecOf(server.pid);
    if (scraped) timer = setInterval(() => scrape(metricsPort), scrapeEveryMs);
    await ended(
      system.start(
        ['bench', scenario, '--url', `http://127.0.0.1:${port}`, '--reporter', 'plain'],
        {
          RTOPS_JWT_SECRET: secret,
        },
      ),
    );
    clearInterval(timer);
    const cpuSec = cpuSecOf(server.pid) - before;
    server.kill('SIGTERM');
    const pages = JSON.parse(await said());
    const delivered = system.report().ops['chat.delivery'].count;
    return { cpuSec, delivered, usPerDelivery: (cpuSec * 1e6) / delivered, ...pages };
  } finally {
    clearInterval(timer);
    server.kill('SIGKILL');
  }
}

function scrape(metricsPort) {
  fetch(`http://127.0.0.1:${metricsPort}/metrics`)
    .then((answer) => answer.text())
    .catch(() => {});
}
