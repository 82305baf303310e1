// What one scrape costs a server that holds many connections, all signed in and idle.
// Usage: node bench/scrape-cost.mjs [connections] [scrapes]
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';

import { cpuSecOf } from './process-cost.mjs';
import { lines } from './rtops.mjs';

const connections = Number(process.argv[2] ?? 10_000);
const scrapes = Number(process.argv[3] ?? 200);
const atOnce = 100;
const secret = 'the-secret-of-a-benchmark-0123456789';

const server = spawn(process.execPath, [join(import.meta.dirname, 'counting-server.mjs'), 'on'], {
  env: { PATH: process.env.PATH, RTOPS_JWT_SECRET: secret },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const said = lines(server.stdout);
  const { port, metricsPort } = JSON.parse(await said());
  const token = await new SignJWT({ role: 'USER', typ: 'access' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('anna')
    .setIssuer('rtops')
    .setAudience('rtops-chat')
    .setIssuedAt()
    .setExpirationTime('900s')
    .sign(new TextEncoder().encode(secret));
  for (let open = 0; open < connections; open += atOnce) {
    const batch = Math.min(atOnce, connections - open);
    await Promise.all(Array.from({ length: batch }, () => connect(port, token)));
  }
  const before = cpuSecOf(server.pid);
  let bytes = 0;
  for (let n = 0; n < scrapes; n++) {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
    bytes = (await answer.text()).length;
  }
  const cpuMs = ((cpuSecOf(server.pid) - before) * 1000) / scrapes;
  server.kill('SIGTERM');
  const { medianMs, maxMs } = JSON.parse(await said());
  console.log(
    `${connections} connections: page of ${bytes} bytes in ${medianMs.toFixed(2)} ms (median of ` +
      `${scrapes}; most ${maxMs.toFixed(2)}), server CPU ${cpuMs.toFixed(2)} ms a scrape`,
  );
} finally {
  server.kill('SIGKILL');
}
process.exit(0);

/** Resolves when the chat has let it in. */
function connect(port, token) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = Buffer.from(data).toString();
      if (text.startsWith('0')) socket.send(`40/chat,${JSON.stringify({ token })}`);
      if (text.startsWith('40/chat')) resolve(socket);
      if (text === '2') socket.send('3');
    });
  });
}
