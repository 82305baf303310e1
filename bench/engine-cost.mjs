// What driving the same load costs: rtops (which verifies every delivery) beside Artillery (which
// verifies none). The two take turns on one server. Usage: node bench/engine-cost.mjs [pairs] [users] [holdSec]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ended, heldScenario, home, median } from './rtops.mjs';
import { watchTree } from './process-cost.mjs';

const pairs = Number(process.argv[2] ?? 3);
const users = Number(process.argv[3] ?? 500);
const holdSec = Number(process.argv[4] ?? 40);
const rampSec = 5;
const roomSize = 10;
const payloadBytes = 128;

const system = home();
const up = system.up('single');
const rows = [];
try {
  const scenario = join(system.dir, 'cost.yaml');
  const lines = [
    'rate: 1/s/user',
    `rooms: { size: ${roomSize} }`,
    `payload: ${payloadBytes}B`,
    'http: { rate: 0/s }',
    'thresholds: [ledger.lost = 0]',
  ];
  writeFileSync(scenario, heldScenario({ users, rampSec, holdSec, lines }));
  for (let pair = 0; pair < pairs; pair++) {
    rows.push({ rtops: await runRtops(scenario), artillery: await runArtillery() });
    console.log(JSON.stringify(rows.at(-1)));
  }
} finally {
  system.down();
}

const ratio = (top, bottom) => median(rows.map((row) => top(row.rtops) / bottom(row.artillery)));
console.log(`users ${users}, rooms of ${roomSize}, 1/s/user, ${holdSec} s held, ${pairs} pairs`);
console.log(
  `workers' CPU / Artillery's CPU       ${ratio(
    (r) => r.matchedCpuSec,
    (a) => a.cpuSec,
  ).toFixed(3)}`,
);
console.log(
  `whole program's CPU / Artillery's    ${ratio(
    (r) => r.cpuSec,
    (a) => a.cpuSec,
  ).toFixed(3)}`,
);
console.log(
  `peak memory (PSS) / Artillery's      ${ratio(
    (r) => r.peakMb,
    (a) => a.peakMb,
  ).toFixed(3)}`,
);

async function runRtops(scenario) {
  const child = system.start(['bench', scenario, '--url', up.url, '--reporter', 'plain'], {
    RTOPS_JWT_SECRET: system.secret(),
  });
  const cost = watchTree(child.pid, (line) => line.includes('worker-main'));
  await ended(child);
  const { ledger } = system.report();
  return { ...cost.stop(), sent: ledger.sent, delivered: ledger.delivered, lost: ledger.lost };
}

/** Messages the server has delivered so far, from its metrics. */
async function deliveredByServer() {
  const state = JSON.parse(readFileSync(join(system.dir, '.rtops', 'state.json'), 'utf8'));
  const { metricsPort } = state.services.find((one) => one.name === 'server-1');
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(/^rtops_server_messages_delivered_total\S* (\S+)$/m.exec(text)?.[1] ?? 0);
}

async function runArtillery() {
  const dir = mkdtempSync(join(tmpdir(), 'artillery-'));
  try {
    const room = (i) => `art-${process.pid}-${rows.length}-${Math.floor(i / roomSize)}`;
    const seconds = holdSec + Math.floor(rampSec / 2);
    writeFileSync(
      join(dir, 'rooms.csv'),
      Array.from({ length: users }, (_, i) => `${room(i)}\n`).join(''),
    );
    writeFileSync(
      join(dir, 'cost.json'),
      JSON.stringify({
        config: {
          // Artillery opens its target as a namespace at once, so the namespace is the target.
          target: `${up.url}/chat`,
          phases: [{ duration: rampSec, arrivalCount: users }],
          payload: { path: join(dir, 'rooms.csv'), fields: ['room'], order: 'sequence' },
          socketio: {
            transports: ['websocket'],
            forceNew: true,
            auth: { token: system.rtops('token', '--user', 'artillery').trim() },
          },
        },
        scenarios: [
          {
            engine: 'socketio',
            flow: [
              {
                emit: { channel: 'chat:join-room', data: { room: '{{ room }}' } },
                acknowledge: {},
              },
              {
                loop: [
                  {
                    emit: {
                      channel: 'chat:send-message',
                      data: {
                        id: '{{ $uuid }}-{{ $loopCount }}',
                        room: '{{ room }}',
                        body: 'x'.repeat(payloadBytes),
                      },
                    },
                    acknowledge: {},
                  },
                  { think: 1 },
                ],
                count: seconds,
              },
            ],
          },
        ],
      }),
    );
    const bin = join(import.meta.dirname, 'node_modules', 'artillery', 'bin', 'run');
    const child = spawn(
      process.execPath,
      [bin, 'run', '--output', join(dir, 'out.json'), join(dir, 'cost.json')],
      {
        cwd: dir,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: 'true' },
      },
    );
    const deliveredBefore = await deliveredByServer();
    const cost = watchTree(child.pid);
    const text = await ended(child);
    const delivered = (await deliveredByServer()) - deliveredBefore;
    const sent = Number(
      /socketio\.emit:[ .]*(\d+)\s*$/m.exec(text.slice(text.lastIndexOf('Summary report')))?.[1] ??
        0,
    );
    if (sent < users * seconds * 0.9)
      throw new Error(`Artillery sent only ${sent}:\n${text.slice(-3000)}`);
    // Artillery does not say what its users received: the server's own count shows that they did.
    if (delivered < sent * roomSize * 0.8) {
      throw new Error(`Artillery's users were sent only ${delivered} messages`);
    }
    return { ...cost.stop(), sent, delivered };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
