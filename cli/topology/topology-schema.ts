/** The shape of a topology file, its defaults and the rules between its fields. */
import { z } from 'zod';

import { durationMs, parseDurationMs, quantity } from './quantity.ts';
import type { ServerSettings } from './topology.ts';

const pool = z.strictObject({
  count: z.int().min(1).max(64).default(1).meta({ description: 'Server processes of this pool.' }),
  cores: z.array(z.int().min(0).max(1023)).min(1).nullable().default(null).meta({
    description: 'Pin each process to one of these cores, round robin; null: the kernel decides.',
  }),
});

const proxy = z.strictObject({
  workers: z.int().min(1).max(64).default(2).meta({ description: 'nginx worker processes.' }),
  ws: z
    .strictObject({
      balance: z
        .enum(['round_robin', 'least_conn', 'ip_hash', 'hash', 'cookie', 'sid', 'native'])
        .default('cookie')
        .meta({ description: 'How a WS node is picked for /socket.io/*.' }),
    })
    .prefault({}),
  api: z
    .strictObject({
      balance: z
        .enum(['round_robin', 'least_conn'])
        .default('round_robin')
        .meta({ description: 'How an API node is picked for /api/*.' }),
    })
    .prefault({}),
});

const day = 86_400_000;

const server = z.strictObject({
  pingInterval: durationMs(100, day)
    .prefault('25s')
    .meta({ description: 'Engine.IO pingInterval.' }),
  pingTimeout: durationMs(100, day).prefault('60s').meta({ description: 'Engine.IO pingTimeout.' }),
  rateLimit: quantity(
    'a limit such as 20/10s (messages per time, per user), or off',
    parseRateLimit,
  )
    .prefault('off')
    .meta({
      description: 'Messages a user may send, over all nodes; off measures the server itself.',
    }),
  maxConnections: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .meta({ description: 'Connections a node accepts before it refuses; null: no limit.' }),
  corsOrigins: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: "Origins let in beside the server's own." }),
  sabotage: z
    .enum(['drop', 'double', 'swap', 'ack-before-store', 'store-twice'])
    .nullable()
    .default(null)
    .meta({ description: 'A server that lies, to test the ledger. Never for real use.' }),
  faults: z.boolean().default(false).meta({
    description:
      'The metrics port takes POST /fault/block, for failover tests. Never for real use.',
  }),
  traceSample: z.number().min(0).max(1).default(0.01).meta({
    description: 'Share of the messages and requests that leave lines in the log, for rtops trace.',
  }),
});

const restart = z.strictObject({
  policy: z
    .enum(['always', 'on-failure', 'no'])
    .default('always')
    .meta({ description: 'What the supervisor does when a process ends by itself.' }),
  delay: durationMs(1, 3_600_000).prefault('500ms').meta({
    description: 'Wait before a restart; doubles at each failure in a row, up to 30 times this.',
  }),
  maxRetries: z
    .int()
    .min(0)
    .max(1000)
    .default(10)
    .meta({ description: 'Give up after this many restarts in a row without a minute of health.' }),
});

function fixedPort(whose: string) {
  return z
    .int()
    .min(1)
    .max(65_535)
    .nullable()
    .default(null)
    .meta({ description: `${whose}'s port; null: any free one.` });
}

/** The fields alone, as `--set` is checked after each setting. */
export const topologyShape = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional()
    .meta({
      title: 'a name of small letters, digits and dashes',
      description: "Default: the file's name.",
    }),
  description: z.string().default(''),
  messagePath: z.enum(['log', 'adapter']).default('log').meta({
    description: 'log: stored before acked. adapter: Socket.IO Redis adapter, at most once.',
  }),
  all: pool.nullable().default(null).meta({ description: 'Servers with API and WS on one port.' }),
  api: pool.nullable().default(null).meta({ description: 'Servers of the REST API; needs ws.' }),
  ws: pool.nullable().default(null).meta({ description: 'Servers of the chat; needs api.' }),
  proxy: proxy
    .nullable()
    .default(null)
    .meta({ description: 'nginx in front; null: clients dial the server.' }),
  redis: z
    .strictObject({
      durability: z
        .enum(['always', 'everysec', 'memory'])
        .default('always')
        .meta({ description: 'appendfsync always, everysec, or nothing on disk.' }),
    })
    .nullable()
    .default(null)
    .meta({ description: 'null: rooms, users and messages live in the memory of the one server.' }),
  server: server.prefault({}),
  restart: restart.prefault({}),
  chaos: z.boolean().default(false).meta({
    description: 'A TCP fault proxy on every edge, for network faults; it costs a little time.',
  }),
  monitoring: z.boolean().default(false).meta({
    description:
      'Exporters, Prometheus and Alertmanager beside it (up --observe), Grafana where there is one.',
  }),
  alerts: z
    .strictObject({
      connections: z.int().min(1).max(100_000_000).default(5000).meta({
        description: 'Connections, all nodes together, above which ConnectionsHigh fires.',
      }),
    })
    .prefault({})
    .meta({ description: 'Bounds of the alert rules; they matter with monitoring.' }),
  ports: z
    .strictObject({
      prometheus: fixedPort('Prometheus'),
      alertmanager: fixedPort('Alertmanager'),
      grafana: fixedPort('Grafana'),
    })
    .prefault({})
    .meta({ description: 'Where the observers listen on 127.0.0.1.' }),
});

export type TopologyDocument = z.output<typeof topologyShape>;

/** {@link topologyShape} and the rules between fields. */
export const topologySchema = topologyShape.superRefine((document, context) => {
  if (context.issues.length > 0) return;
  for (const { path, message } of brokenRules(document)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});

/** What cannot stand together, and why. */
function brokenRules(
  document: TopologyDocument,
): readonly { readonly path: readonly string[]; readonly message: string }[] {
  const { all, api, ws, proxy: nginx, redis } = document;
  const broken: { path: readonly string[]; message: string }[] = [];
  if (all !== null && (api !== null || ws !== null)) {
    broken.push({
      path: ['all'],
      message:
        'all stands beside api or ws; expected either all, or api and ws together (an all server is both)',
    });
  } else if (all === null && (api === null || ws === null)) {
    const missing =
      api === null && ws === null ? 'all, or api and ws,' : api === null ? 'api' : 'ws';
    const given = api === null ? 'ws' : 'api';
    broken.push({
      path: api === null && ws === null ? [] : [given],
      message: `${missing} is missing; expected either all, or api and ws together`,
    });
  } else {
    const processes = (all?.count ?? 0) + (api?.count ?? 0) + (ws?.count ?? 0);
    const largest = all === null ? 'ws' : 'all';
    if (processes > 1 && redis === null) {
      broken.push({
        path: [largest],
        message:
          'several server processes need redis: without it each keeps its own users, rooms and messages in memory, and a message would never reach members on another',
      });
    }
    if (processes > 1 && nginx === null) {
      broken.push({
        path: [largest],
        message:
          'several server processes need proxy: clients dial one address, and something must share them out',
      });
    }
  }
  return broken;
}

/** `20/10s` → 20 per 10 s; `off` → null. */
function parseRateLimit(text: string): ServerSettings['rateLimit'] | undefined {
  if (text === 'off') return null;
  const [count, per, ...more] = text.split('/');
  const perMs = parseDurationMs(/^[a-z]/.test(per ?? '') ? `1${per ?? ''}` : (per ?? ''));
  if (count === undefined || !/^[1-9]\d{0,8}$/.test(count) || more.length > 0) return undefined;
  if (perMs === undefined || perMs < 1 || perMs > day) return undefined;
  return { count: Number(count), perMs };
}
