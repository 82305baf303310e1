/**
 * The shape of report.json and detail.json as a schema: what a reader may count on. Unknown fields
 * are kept, so that a report of a later minor version can still be read.
 */
import * as z from 'zod';

import { faultKinds } from '../scenario/fault.ts';

const count = z.number().nonnegative();
const figure = z.number();

const latencyMs = z.looseObject({
  p50: figure,
  p90: figure,
  p95: figure,
  p99: figure,
  p999: figure,
  max: figure,
});

const threeQuantiles = z.looseObject({ p50: figure, p95: figure, p99: figure });

const fourQuantiles = z.looseObject({ p50: figure, p95: figure, p99: figure, max: figure });

const avgMax = z.looseObject({ avg: figure, max: figure });

const pool = z.looseObject({ count, cores: z.array(count).nullable() }).nullable();

const topology = z.looseObject({
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
  alerts: z.object({ connections: z.number() }).default({ connections: 5000 }),
  ports: z
    .object({
      prometheus: z.number().nullable(),
      alertmanager: z.number().nullable(),
      grafana: z.number().nullable(),
    })
    .default({ prometheus: null, alertmanager: null, grafana: null }),
});

const stage = z.looseObject({ durationMs: count, target: count });

const scenario = z.looseObject({
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
      z.object({
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
    .object({ kind: z.enum(['http', 'chat']), perSec: count })
    .nullable()
    .default(null),
  seed: figure,
});

/** What the faults of a run did together; absent in a bench. */
const impact = z.looseObject({
  baseline: z.looseObject({
    fromMs: figure,
    untilMs: figure,
    due: count,
    ackP99Ms: figure,
    goodWithinMs: figure,
    unsteady: z.string().nullable(),
  }),
  availability: z.looseObject({
    fromMs: figure,
    untilMs: figure,
    ops: figure,
    slots: figure,
    clients: figure,
    budget: z.array(
      z.looseObject({
        goalPct: figure,
        budgetSec: figure,
        used: figure,
        perMonth: figure.nullable(),
      }),
    ),
    outlooks: z.array(
      z.looseObject({
        phase: z.string(),
        goalPct: figure,
        mtbfDays: figure,
        assumedMttrMin: figure,
        assumedPct: figure,
        measuredPct: figure.nullable(),
      }),
    ),
  }),
  worstMessages: z.array(
    z.looseObject({
      id: z.string(),
      room: z.string(),
      dueMs: figure,
      ackedMs: figure.nullable(),
      lastMs: figure,
      waitMs: figure,
      fault: z.string().nullable(),
    }),
  ),
  stability: z.array(z.looseObject({ t: figure, p50: figure, max: figure })),
});

const verdict = z.enum(['pass', 'fail', 'no-data']);

const side = z.looseObject({
  ...{ ackMs: latencyMs, acks: count, httpMs: latencyMs, https: count },
  ...{ acksFailed: count.optional(), httpFailed: count.default(0) },
});

const span = z.looseObject({ fromMs: figure, toMs: figure });

/** `isolation`: a flood, or faults of one pool, and what the other felt of it. */
const isolation = z.looseObject({
  cause: z.string(),
  other: z.enum(['chat', 'http']).optional(),
  windows: z.array(span),
  inside: side,
  outside: side,
  flood: z
    .looseObject({ asked: figure, ratePerSec: figure, errors: count, p95Ms: figure })
    .nullable(),
});

const runRow = z.looseObject({
  name: z.string(),
  runId: z.string(),
  verdict,
  exitCode: z.int(),
  acked: count,
  lost: count,
  duplicated: count,
  reordered: count,
  neverBack: count,
  unanswered: count,
  resumeP99Ms: figure.nullable(),
  mttrMs: figure.nullable(),
  downClientSeconds: figure,
  ackP95Ms: figure.nullable(),
  serverCpuMsPer1000: figure.nullable(),
});

const meanOfRuns = z
  .looseObject({ mean: figure, low: figure, high: figure, values: z.array(figure) })
  .nullable();

const exception = z.looseObject({
  class: z.enum([
    'lost',
    'late',
    'duplicated',
    'reordered',
    'dropped',
    'unstored',
    'indeterminate',
    'refused',
    'neverBack',
  ]),
  id: z.string(),
  room: z.string(),
  seq: figure.nullable(),
  sender: z.string(),
  recipient: z.string().nullable(),
  atMs: figure,
  fault: z.string().nullable(),
});

/** report.json, schemaVersion 1; `rtops schema report` prints it as JSON Schema. */
export const reportSchema = z.looseObject({
  schemaVersion: z.literal(1),
  run: z.looseObject({
    id: z.string(),
    startedAt: z.string(),
    durationMs: count,
    partial: z.boolean(),
    seed: figure,
    versions: z.record(z.string(), z.string()),
    host: z.looseObject({
      ...{ cores: count, memMb: count, node: z.string(), kernel: z.string() },
      // Reports from before the machine was looked at have neither.
      cpuPct: z.looseObject({ avg: figure, max: figure }).optional(),
      stealPct: figure.optional(),
    }),
  }),
  topology: topology.nullable(),
  scenario,
  verdict,
  exitCode: z.int(),
  notes: z.array(z.string()),
  thresholds: z.array(
    z.looseObject({
      text: z.string(),
      metric: z.string(),
      observed: figure.nullable(),
      bound: figure,
      unit: z.string(),
      samples: count,
      verdict,
      why: z.string(),
    }),
  ),
  users: z.looseObject({
    planned: count,
    peak: count,
    attempted: count,
    refused: count,
    lost: count,
    thrownOff: count.optional(),
  }),
  ops: z.record(
    z.string(),
    z.looseObject({
      count,
      errors: count,
      ratePerSec: count,
      latencyMs,
      serviceMs: latencyMs,
      // Of `http` alone, and not in reports from before there were fresh connections.
      fresh: count.optional(),
      freshErrors: count.optional(),
      reusedResets: count.optional(),
      givenUp: count.optional(),
    }),
  ),
  ledger: z.looseObject({
    sent: count,
    acked: count,
    refused: count,
    indeterminate: count,
    recovered: count,
    expected: count,
    delivered: count,
    lost: count,
    late: count,
    duplicated: count,
    reordered: count,
    dropped: count,
    neverBack: count,
    resynced: count,
    exceptions: z.array(exception),
  }),
  fidelity: z.looseObject({
    leanUsers: count,
    clientUsers: count,
    leanMs: threeQuantiles,
    clientMs: threeQuantiles,
  }),
  services: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.string(),
      pid: figure,
      cpuPct: avgMax,
      rssMb: avgMax,
      loopLagMs: figure.nullable(),
      waitPct: figure,
      restarts: count,
    }),
  ),
  generator: z.looseObject({
    workers: count,
    cpuPct: figure,
    rssMb: figure,
    loopLagMs: z.looseObject({ p99: figure, max: figure }),
    lateSends: count,
    endedWorkers: z.array(z.string()).default([]),
    saturated: z.boolean(),
  }),
  bottleneck: z.looseObject({
    kind: z.enum(['none', 'generator', 'proxy', 'server', 'redis', 'machine']),
    evidence: z.string(),
  }),
  faults: z.array(
    z.looseObject({
      ...{ kind: z.string(), node: z.string(), at: figure, until: figure, bit: z.boolean() },
      affected: count,
      detectMs: figure,
      resumeMs: fourQuantiles,
      neverResumed: count,
      lostAcked: count,
      downClientSeconds: figure,
      recoveredAt: figure.nullable(),
      text: z.string(),
      clientsOnNode: count.nullable(),
      evidence: z.string(),
      unfelt: z.string().nullable(),
      detect: fourQuantiles,
      backoff: fourQuantiles,
      connect: fourQuantiles,
      resume: fourQuantiles,
      firstBackMs: figure.nullable(),
      mttrMs: figure.nullable(),
      watchedMs: figure,
      stormPerSec: count,
      ...{ stalled: count, stalledClientSeconds: figure, due: count, acked: count },
      // Reports from before these were told apart have none.
      dueWithin: count.default(0),
      answeredWithin: count.default(0),
      ackedWithin: count.default(0),
      ackP99Ms: figure,
      httpRequests: count,
      httpFailed: count,
      // Reports from before there were fresh connections have neither.
      httpFreshFailed: count.default(0),
      httpResets: count.default(0),
    }),
  ),
  impact: impact.nullish(),
  // Without it nobody could judge again: whoever left it out would have a verdict that none can check.
  judged: z.looseObject({
    holdSends: count,
    finalRead: z.looseObject({ done: z.boolean(), why: z.string().nullable() }),
    loopback: z.boolean(),
    cutShort: z.boolean(),
  }),
  isolation: isolation.nullish(),
  isolations: z.array(isolation).optional(),
  repeats: z
    .looseObject({
      runs: z.array(runRow),
      resumeP99Ms: meanOfRuns,
      mttrMs: meanOfRuns,
      downClientSeconds: meanOfRuns,
    })
    .optional(),
  ladder: z.array(runRow).optional(),
  series: z.array(
    z.looseObject({
      t: figure,
      users: count,
      sent: count,
      delivered: count,
      errors: count,
      ackP95: figure,
      deliveryP95: figure,
    }),
  ),
});

/** detail.json: the charts' record beside report.json. */
export const detailSchema = z.looseObject({
  points: z.array(
    z.looseObject({
      t: figure,
      stage: figure,
      users: count,
      targetUsers: count,
      sentPerSec: count,
      deliveredPerSec: count,
      httpPerSec: count,
      errorsPerSec: count,
      ackMs: threeQuantiles.nullable(),
      deliveryMs: threeQuantiles.nullable(),
      httpMs: threeQuantiles.nullable(),
    }),
  ),
  services: z.array(
    z.looseObject({
      atMs: figure,
      name: z.string(),
      kind: z.string(),
      pid: figure,
      cpuPct: figure,
      rssMb: figure,
      waitPct: figure,
      loopLagMs: figure.nullable(),
      connections: count.nullable(),
      restarts: count,
    }),
  ),
});
