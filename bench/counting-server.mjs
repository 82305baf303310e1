// The reference server; what its metrics pages cost is timed. Settings as in server/config.ts. Prints
// its ports, and at SIGTERM what the pages cost. `switching`: counting is taken out and put back.
import { pino } from 'pino';

import { parseConfig } from '../dist/server/config.js';
import { createMetrics } from '../dist/server/metrics.js';
import { startServer } from '../dist/server/server.js';
import { countingWindows } from './counting-windows.mjs';
import { switchedMetrics } from './switched-metrics.mjs';

const pages = [];
const switching = process.argv[2] === 'switching';
const counting = switchedMetrics(timed);
const server = await startServer(
  parseConfig(process.env),
  pino({ level: 'silent' }),
  switching ? counting.create : timed,
);
console.log(JSON.stringify({ port: server.port, metricsPort: server.metricsPort }));
if (switching) {
  process.stdin.once('data', (asked) => void countingWindows(counting, JSON.parse(asked)));
}
process.on('SIGTERM', () => {
  const ms = pages.map((page) => page.ms).toSorted((a, b) => a - b);
  console.log(
    JSON.stringify({
      pages: ms.length,
      medianMs: ms[Math.floor(ms.length / 2)],
      maxMs: ms.at(-1),
      bytes: pages.at(-1)?.bytes,
    }),
  );
  process.exit(0);
});

/** The real thing; the making of each page is timed. */
function timed(...given) {
  const metrics = createMetrics(...given);
  const { page } = metrics;
  metrics.page = async () => {
    const from = performance.now();
    const text = await page();
    pages.push({ ms: performance.now() - from, bytes: text.length });
    return text;
  };
  return metrics;
}
