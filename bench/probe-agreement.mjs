// Is the reported ack time what a user's own client sees? A plain socket.io-client sends beside the
// load on the same system and times its acks itself. Both are taken over the probe's own seconds,
// the reported one from the run's history. Usage: node bench/probe-agreement.mjs [runs]
import { readFileSync } from 'node:fs';
import { io } from 'socket.io-client';

import { historyFiles } from '../dist/cli/load/history-files.js';
import { createHistoryReader } from '../dist/cli/samples/history-reader.js';
import { recordKind } from '../dist/cli/samples/history.js';
import { ended, home, median } from './rtops.mjs';

const runs = Number(process.argv[2] ?? 5);
const system = home();
const up = system.up('scaled');
const differences = [];
try {
  for (let run = 0; run < runs; run++) {
    const bench = system.start([
      ...['bench', '--stage', '3s:500', '--stage', '15s:500', '--rate', '1/s/user'],
      ...['--no-default-thresholds', '--threshold', 'ledger.lost = 0', '--reporter', 'plain'],
    ]);
    const over = ended(bench);
    // Heard of below, when the probe is through.
    over.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const probe = await timeAcks(12_000, 20);
    await over;
    const whole = system.report().ops['chat.ack'].serviceMs.p95;
    const load = await serviceBetween(probe.fromMs, probe.toMs);
    differences.push(Math.abs(load.p95 - probe.p95));
    console.log(
      `run ${run + 1}: load p95 ${load.p95.toFixed(2)} ms over ${load.count} acks (whole run, as reported: ${whole.toFixed(2)}), probe p95 ${probe.p95.toFixed(2)} ms over ${probe.count} acks`,
    );
  }
} finally {
  system.down();
}
console.log(`|load − probe|, median of ${runs}: ${median(differences).toFixed(2)} ms`);

async function timeAcks(forMs, everyMs) {
  const token = system.rtops('token', '--user', 'probe').trim();
  const socket = io(`${up.url}/chat`, {
    transports: ['websocket'],
    auth: { token },
    forceNew: true,
  });
  const room = `probe-${process.pid}`;
  await socket.emitWithAck('chat:join-room', { room });
  const times = [];
  const fromMs = Date.now();
  const until = performance.now() + forMs;
  for (let n = 0; performance.now() < until; n++) {
    const start = performance.now();
    const ack = await socket.emitWithAck('chat:send-message', {
      id: `${Date.now()}-${n}`,
      room,
      body: 'x'.repeat(128),
    });
    if (!ack.ok) throw new Error(ack.message);
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const toMs = Date.now();
  socket.close();
  return { fromMs, toMs, ...p95Of(times) };
}

/** The load's acks whose send left between two wall-clock times, from the history. */
async function serviceBetween(fromMs, toMs) {
  const startedAtMs = Date.parse(system.report().run.startedAt);
  const times = [];
  for (const file of await historyFiles(system.historyDir())) {
    const leftUs = new Map();
    createHistoryReader().read(readFileSync(file), ({ kind, user, room, n, value, atUs }) => {
      const key = `${user}/${room}/${n}`;
      if (kind === recordKind.sent) leftUs.set(key, atUs + value);
      if (kind !== recordKind.acked || !leftUs.has(key)) return;
      const left = leftUs.get(key);
      const leftAtMs = startedAtMs + left / 1000;
      if (leftAtMs >= fromMs && leftAtMs < toMs) times.push((atUs - left) / 1000);
    });
  }
  return p95Of(times);
}

function p95Of(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return { count: sorted.length, p95: sorted[Math.ceil(sorted.length * 0.95) - 1] };
}
