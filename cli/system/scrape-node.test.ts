import { expect, test } from 'vitest';

import { readNodeGauges } from './scrape-node.ts';

test.each([
  {
    page: `# HELP rtops_server_connections Open connections
rtops_server_connections_opened_total 9
rtops_server_connections{transport="websocket"} 39
rtops_server_connections{transport="polling"} 2
rtops_server_event_loop_lag_seconds{stat="p50"} 0.001
rtops_server_event_loop_lag_seconds{stat="p99"} 0.0213
`,
    connections: 41,
    loopLagMs: 21.3,
  },
  { page: 'rtops_server_connections 0\n', connections: 0, loopLagMs: null },
  { page: '', connections: null, loopLagMs: null },
])('reads $connections connections, $loopLagMs ms', ({ page, connections, loopLagMs }) => {
  const gauges = readNodeGauges(page);
  expect(gauges.connections).toBe(connections);
  if (loopLagMs === null) expect(gauges.loopLagMs).toBeNull();
  else expect(gauges.loopLagMs).toBeCloseTo(loopLagMs, 9);
});
