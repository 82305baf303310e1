/**
 * The shape of report.json as a schema: what a reader may count on. Unknown fields are kept, so that
 * a report of a later minor version can still be read.
 */
import * as z from 'zod';

import { scenario, topology } from './asked-schema.ts';
import { faultResult, impact, isolation } from './fault-schema.ts';
import { count, figure, latencyMs, threeQuantiles } from './figure-schema.ts';

const avgMax = z.looseObject({ avg: figure, max: figure });

const verdict = z.enum(['pass', 'fail', 'no-data']);

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
  faults: z.array(faultResult),
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
