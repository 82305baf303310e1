// The reference server, or the same one with counting taken out: `node counting-server.mjs on|off`.
// Settings as in server/config.ts. Prints its ports, and at SIGTERM what its metrics pages cost.
import { pino } from 'pino';

import { parseConfig } from '../dist/server/config.js';
import { createMetrics } from '../dist/server/metrics.js';
import { startServer } from '../dist/server/server.js';

const pages = [];
const server = await startServer(
  parseConfig(process.env),
  pino({ level: 'silent' }),
  process.argv[2] === 'off' ? nothingCounted : timed,
);
console.log(JSON.stringify({ port: server.port, metricsPort: server.metricsPort }));
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

function nothingCounted() {
  const nothing = () => {};
  const counts = { add: nothing, of: new Map() };
  return {
    ...{ connectionsOpened: 0, sentBytes: 0, slowClientsClosed: 0, adapterErrors: 0 },
    ...{ disconnections: counts, connectionErrors: counts, eventsSent: counts },
    ...{ eventDone: nothing, arrived: nothing, httpSeconds: nothing, routeKnown: nothing },
    broadcastSeconds: { observe: nothing },
    ...{ watch: nothing, close: nothing },
    page: async () => '',
    briefPage: () => '',
    contentType: 'text/plain',
  };
}
