// Is the reported ack time what a user's own client sees? A plain socket.io-client sends beside the
// load on the same system and times its acks itself. Usage: node bench/probe-agreement.mjs [runs]
import { io } from 'socket.io-client';

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
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const probe = await timeAcks(12_000, 20);
    await over;
    const reported = system.report().ops['chat.ack'].serviceMs.p95;
    differences.push(Math.abs(reported - probe.p95));
    console.log(
      `run ${run + 1}: reported p95 ${reported.toFixed(2)} ms, probe p95 ${probe.p95.toFixed(2)} ms over ${probe.count} acks`,
    );
  }
} finally {
  system.down();
}
console.log(`|reported − probe|, median of ${runs}: ${median(differences).toFixed(2)} ms`);

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
  socket.close();
  const sorted = times.toSorted((a, b) => a - b);
  return { count: sorted.length, p95: sorted[Math.ceil(sorted.length * 0.95) - 1] };
}
