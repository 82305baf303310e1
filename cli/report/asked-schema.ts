/** What was asked of a run: the system and the load, as report.json keeps them. */
import * as z from 'zod';

import { faultKinds } from '../scenario/fault.ts';
import { count, figure } from './figure-schema.ts';

const pool = z.looseObject({ count, cores: z.array(count).nullable() }).nullable();

export const topology = z.looseObject({
  name: z.string(),
  description: z.string(),
  messagePath: z.enum(['adapter', 'log']),
  all: pool,
  api: pool,
  ws: pool,
  proxy: z
    .looseObject({
      ws: z.looseObject({
        balance: z.enum(['round_robin', 'least_conn', 'ip_hash', 'hash', 'cookie']),
      }),
      api: z.looseObject({ balance: z.enum(['round_robin', 'least_conn']) }),
      workers: count,
    })
    .nullable(),
  redis: z.looseObject({ durability: z.enum(['always', 'everysec', 'memory']) }).nullable(),
  server: z.looseObject({
    pingIntervalMs: count,
    pingTimeoutMs: count,
    rateLimit: z.looseObject({ count, perMs: count }).nullable(),
    maxConnections: count.nullable(),
    corsOrigins: z.array(z.string()),
    sabotage: z.enum(['drop', 'double', 'swap', 'ack-before-store', 'store-twice']).nullable(),
    // Absent in reports written before there were faults.
    faults: z.boolean().default(false),
    traceSample: z.number().default(0),
  }),
  restart: z.looseObject({
    policy: z.enum(['always', 'on-failure', 'no']),
    delayMs: count,
    maxRetries: count,
  }),
  // Reports from before it was there have none.
  chaos: z.boolean().default(false),
  monitoring: z.boolean().default(false),
  alerts: z.looseObject({ connections: z.number() }).default({ connections: 5000 }),
  ports: z
    .looseObject({
      prometheus: z.number().nullable(),
      alertmanager: z.number().nullable(),
      grafana: z.number().nullable(),
    })
    .default({ prometheus: null, alertmanager: null, grafana: null }),
});

const stage = z.looseObject({ durationMs: count, target: count });

export const scenario = z.looseObject({
  name: z.string(),
  description: z.string(),
  protocol: z.literal('socket.io'),
  stages: z.tuple([stage], stage),
  rate: z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('per-user'), perSec: count }),
    z.looseObject({ kind: z.literal('total'), perSec: count }),
  ]),
  roomSize: count,
  payloadBytes: count,
  // Reports from before there were fresh connections used none.
  http: z.looseObject({ perSec: count, path: z.string(), freshShare: count.default(0) }),
  pollingShare: count,
  fidelityUsers: count,
  churnPerMin: count,
  drainMs: count,
  client: z.enum(['stock', 'retry', 'resume']).default('resume'),
  thresholds: z.array(z.string()),
  // Absent in reports written before there were faults.
  faults: z
    .array(
      z.looseObject({
        text: z.string(),
        kind: z.enum(faultKinds),
        node: z.string(),
        atMs: count,
        forMs: count.nullable(),
        options: z.record(z.string(), z.union([z.number(), z.string()])),
      }),
    )
    .default([]),
  flood: z
    .looseObject({ kind: z.enum(['http', 'chat']), perSec: count })
    .nullable()
    .default(null),
  seed: figure,
});
