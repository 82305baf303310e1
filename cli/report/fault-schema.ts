/** What faults and floods did, as report.json keeps it. */
import * as z from 'zod';

import { count, figure, fourQuantiles, latencyMs } from './figure-schema.ts';

/** One fault and what it did. */
export const faultResult = z.looseObject({
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
});

/** What the faults of a run did together; absent in a bench. */
export const impact = z.looseObject({
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

const side = z.looseObject({
  ...{ ackMs: latencyMs, acks: count, httpMs: latencyMs, https: count },
  ...{ acksFailed: count.optional(), httpFailed: count.default(0) },
});

const span = z.looseObject({ fromMs: figure, toMs: figure });

/** `isolation`: a flood, or faults of one pool, and what the other felt of it. */
export const isolation = z.looseObject({
  cause: z.string(),
  other: z.enum(['chat', 'http']).optional(),
  windows: z.array(span),
  inside: side,
  outside: side,
  flood: z
    .looseObject({ asked: figure, ratePerSec: figure, errors: count, p95Ms: figure })
    .nullable(),
});
