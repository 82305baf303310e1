/** Test data: a killed node whose clients were back at once; tests change what they are about. */
import type { FaultResult } from '../../samples/fault-result.ts';
import type { FaultSummary } from '../../samples/summary.ts';

const none = { p50: 3, p95: 3, p99: 3, max: 3 };

export const goodFault: FaultResult = {
  kind: 'kill',
  node: 'ws-2',
  at: 20_000,
  until: 30_000,
  bit: true,
  affected: 251,
  detectMs: 3,
  resumeMs: { p50: 1100, p95: 1500, p99: 1600, max: 1620 },
  neverResumed: 0,
  lostAcked: 0,
  downClientSeconds: 276,
  recoveredAt: 22_100,
  text: 'kill@ws-2,at=20s,for=10s',
  clientsOnNode: 251,
  evidence: 'pid 812 is gone',
  unfelt: null,
  detect: none,
  backoff: none,
  connect: none,
  resume: none,
  firstBackMs: 520,
  mttrMs: 2100,
  watchedMs: 20_000,
  stormPerSec: 240,
  stalled: 0,
  stalledClientSeconds: 0,
  due: 10_000,
  acked: 10_000,
  dueWithin: 5000,
  answeredWithin: 5000,
  ackedWithin: 4000,
  ackP99Ms: 1400,
  httpRequests: 500,
  httpFailed: 0,
  httpFreshFailed: 0,
  httpResets: 0,
};

export const goodImpact: FaultSummary = {
  planned: 1,
  faults: [goodFault],
  baseline: {
    fromMs: 6000,
    untilMs: 20_000,
    due: 7000,
    ackP99Ms: 8,
    goodWithinMs: 100,
    unsteady: null,
  },
  availability: {
    fromMs: 6000,
    untilMs: 60_000,
    ops: 1,
    slots: 0.97,
    clients: 0.99,
    budget: [],
    outlooks: [],
  },
  worstMessages: [],
  stability: [],
};
