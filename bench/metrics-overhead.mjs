// What metrics cost the server: its CPU per delivery while it counts and is scraped every 2 s, beside
// the same process, under the same load, with counting taken out and no scrape.
// Usage: node bench/metrics-overhead.mjs [pairs] [users] [ratePerUser]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ended, freePort, heldScenario, home, lines } from './rtops.mjs';

const pairs = Number(process.argv[2] ?? 30);
const users = Number(process.argv[3] ?? 1000);
const rate = Number(process.argv[4] ?? 0.1);
/** One scrape each, as Prometheus asks. */
const windowMs = 2000;
const rampSec = Math.max(5, Math.ceil(users / 400));
const restSec = 5;
const holdSec = Math.ceil((pairs * 2 * (windowMs + 400)) / 1000) + 2 * restSec;
const secret = 'the-secret-of-a-benchmark-0123456789';

const system = home();
const dir = mkdtempSync(join(tmpdir(), 'rtops-overhead-'));
const redisPort = await freePort();
const redis = spawn(
  'redis-server',
  ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
  { stdio: 'ignore' },
);
const server = spawn(
  process.execPath,
  [join(import.meta.dirname, 'counting-server.mjs'), 'switching'],
  {
    env: {
      PATH: process.env.PATH,
      RTOPS_JWT_SECRET: secret,
      REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
try {
  const said = lines(server.stdout);
  const { port, metricsPort } = JSON.parse(await said());
  const run = startRun(port);
  await run.holds;
  server.stdin.write(`${JSON.stringify({ pairs, windowMs })}\n`);
  const rows = await windows(said, metricsPort);
  await run.over;
  server.kill('SIGTERM');
  console.log(`metrics pages: ${await said()}`);
  tell(rows);
} finally {
  server.kill('SIGKILL');
  redis.kill();
  rmSync(dir, { recursive: true, force: true });
  system.down();
}

/** `holds`: all users have been there for a while. */
function startRun(port) {
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
  const child = system.start(
    ['bench', scenario, '--url', `http://127.0.0.1:${port}`, '--reporter', 'plain'],
    { RTOPS_JWT_SECRET: secret },
  );
  const holds = new Promise((resolve) => {
    let text = '';
    child.stdout.on('data', (part) => {
      text += String(part);
      if (text.includes('stage 2 of 3')) setTimeout(resolve, restSec * 1000);
    });
  });
  const over = ended(child);
  // A run that ends before it holds its users has measured nothing.
  return { over, holds: Promise.race([holds, over]) };
}

async function windows(said, metricsPort) {
  const rows = [];
  for (;;) {
    const row = JSON.parse(await said());
    if (row.over) return rows;
    if (row.scrape) scrape(metricsPort);
    else rows.push(row);
  }
}

function scrape(metricsPort) {
  fetch(`http://127.0.0.1:${metricsPort}/metrics`)
    .then((answer) => answer.text())
    .catch(() => {});
}

function tell(rows) {
  const found = Array.from({ length: pairs }, (_, pair) => rows.filter((row) => row.pair === pair));
  const drawn = Array.from({ length: 2000 }, () =>
    excess(found.map(() => found[Math.floor(Math.random() * found.length)])),
  ).toSorted((a, b) => a - b);
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const total = rows.reduce((sum, { delivered }) => sum + delivered, 0);
  console.log(
    `${pairs} pairs of windows of ${windowMs / 1000} s, ${users} users, ${total} deliveries: counting and being scraped ` +
      `cost ${percent(excess(found))} of the server's CPU per delivery (95 % interval ${percent(drawn[50])} to ${percent(drawn[1949])})`,
  );
}

/** How much more a delivery costs in the windows that count. */
function excess(found) {
  const cost = (on) => {
    const rows = found.flat().filter((row) => row.on === on);
    const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
    return sum('cpuUs') / sum('delivered');
  };
  return cost(true) / cost(false) - 1;
}
