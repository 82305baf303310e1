/** Test data: the summary of a run in which all went well; tests change what they are about. */
import type { LedgerSummary, OpSummary, ServiceSummary, Summary } from '../../samples/summary.ts';

/** An operation of `count` attempts at these latencies in ms. */
export function op(count: number, p95 = 4.12, errors = 0): OpSummary {
  const latencyMs = {
    p50: p95 / 2,
    p90: p95 * 0.9,
    p95,
    p99: p95 * 2,
    p999: p95 * 3,
    max: p95 * 4,
  };
  return { count, errors, ratePerSec: count / 60, latencyMs, serviceMs: latencyMs };
}

export function service(name: string, kind: string, cpuMax: number): ServiceSummary {
  return {
    name,
    kind,
    pid: 1,
    cpuPct: { avg: cpuMax / 2, max: cpuMax },
    rssMb: { avg: 80, max: 100 },
    loopLagMs: kind === 'server' ? 12 : null,
    waitPct: 1,
    restarts: 0,
  };
}

export const noLedger: LedgerSummary = {
  sent: 0,
  acked: 0,
  refused: 0,
  indeterminate: 0,
  recovered: 0,
  expected: 0,
  delivered: 0,
  lost: 0,
  late: 0,
  duplicated: 0,
  reordered: 0,
  dropped: 0,
  neverBack: 0,
  resynced: 0,
  exceptions: [],
};

export const goodSummary: Summary = {
  durationMs: 60_000,
  partial: false,
  users: { planned: 1000, peak: 1000, attempted: 1000, refused: 0, lost: 0 },
  ops: {
    connect: op(1000, 9),
    'chat.join': op(1000, 2),
    'chat.ack': op(17_500),
    'chat.delivery': op(170_000, 6),
    http: op(3000, 20),
  },
  ledger: { ...noLedger, sent: 17_500, acked: 17_500, expected: 170_000, delivered: 170_000 },
  fidelity: {
    leanUsers: 980,
    clientUsers: 20,
    leanMs: { p50: 1, p95: 2, p99: 3 },
    clientMs: { p50: 1, p95: 2, p99: 3 },
  },
  services: [
    service('nginx', 'nginx', 20),
    service('redis', 'redis', 10),
    service('api-1', 'server', 15),
    service('ws-1', 'server', 40),
    service('ws-2', 'server', 43),
  ],
  generator: {
    workers: 2,
    cpuPct: 50,
    rssMb: 300,
    loopLagMs: { p99: 3, max: 20 },
    lateSends: 5,
    endedWorkers: [],
    saturated: false,
  },
  series: [],
  finalRead: { done: true, why: null },
  holdSends: 10_000,
};

/** The good run with some of it changed. */
export function summaryWith(change: Partial<Summary>): Summary {
  return { ...goodSummary, ...change };
}
