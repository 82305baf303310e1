/** Topologies as values, for tests that are not about YAML. */
import type { Topology } from '../topology.ts';

/** One server of role `all`, nothing else. */
export const single: Topology = {
  name: 'single',
  description: '',
  messagePath: 'log',
  all: { count: 1, cores: null },
  api: null,
  ws: null,
  proxy: null,
  redis: null,
  server: {
    pingIntervalMs: 25_000,
    pingTimeoutMs: 60_000,
    rateLimit: null,
    maxConnections: null,
    corsOrigins: [],
    sabotage: null,
    faults: false,
    traceSample: 0.01,
  },
  restart: { policy: 'always', delayMs: 100, maxRetries: 10 },
  chaos: false,
  monitoring: false,
  alerts: { connections: 5000 },
  ports: { prometheus: null, alertmanager: null, grafana: null },
};

/** nginx → 2 API + 2 WS, Redis. */
export const scaled: Topology = {
  ...single,
  name: 'scaled',
  all: null,
  api: { count: 2, cores: null },
  ws: { count: 2, cores: null },
  proxy: { ws: { balance: 'least_conn' }, api: { balance: 'round_robin' }, workers: 2 },
  redis: { durability: 'always' },
};
