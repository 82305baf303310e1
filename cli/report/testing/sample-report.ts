/** A plausible run, the same at each call, for the tests of what is said about runs. */
import type { LatencyMs, LedgerException, OpSummary } from '../../samples/summary.ts';
import { scaled } from '../../topology/testing/topologies.ts';
import { goodFault } from '../../verdict/testing/good-impact.ts';
import { noLedger } from '../../verdict/testing/good-summary.ts';
import type { Report } from '../report.ts';
import { sampleDetail } from './sample-detail.ts';

/** A run of 1,000 users on `scaled` in which every threshold held; `change` replaces top-level fields. */
export function sampleReport(change: Partial<Report> = {}): Report {
  const detail = sampleDetail();
  return {
    schemaVersion: 1,
    run: {
      id: '20261121-112913-ab12',
      startedAt: '2026-11-21T11:29:13.000Z',
      durationMs: 50_400,
      partial: false,
      seed: 1,
      versions: { rtops: '0.1.0', node: '24.21.0', nginx: '1.22.1', redis: '7.0.15' },
      host: { cores: 2, memMb: 24_000, node: '24.21.0', kernel: '6.1.0' },
    },
    topology: scaled,
    scenario: {
      name: 'chat-1000',
      description: 'A thousand users in rooms of ten.',
      protocol: 'socket.io',
      stages: [
        { durationMs: 10_000, target: 100 },
        { durationMs: 20_000, target: 1000 },
        { durationMs: 20_000, target: 1000 },
        { durationMs: 10_000, target: 0 },
      ],
      rate: { kind: 'per-user', perSec: 0.5 },
      roomSize: 10,
      payloadBytes: 128,
      http: { perSec: 50, path: '/api/v1/rooms', freshShare: 0.2 },
      pollingShare: 0,
      fidelityUsers: 20,
      churnPerMin: 0,
      drainMs: 5000,
      thresholds: ['chat.ack p95 < 30ms', 'ledger.lost = 0'],
      faults: [],
      client: 'resume',
      flood: null,
      seed: 1,
    },
    verdict: 'pass',
    exitCode: 0,
    notes: ['Loopback has no network: add the round trip of your users to each latency.'],
    thresholds: [
      {
        text: 'chat.ack p95 < 30ms',
        metric: 'chat.ack p95',
        observed: 3.24,
        bound: 30,
        unit: 'ms',
        samples: 19_873,
        verdict: 'pass',
        why: 'p95 3.2 ms: 26.8 ms left for the network.',
      },
      {
        text: 'chat.delivery p95 < 30ms over >= 1000',
        metric: 'chat.delivery p95',
        observed: 5.6,
        bound: 30,
        unit: 'ms',
        samples: 198_730,
        verdict: 'pass',
        why: 'p95 5.6 ms: 24.4 ms left for the network.',
      },
      {
        text: 'http p95 < 150ms',
        metric: 'http p95',
        observed: 2.1,
        bound: 150,
        unit: 'ms',
        samples: 2480,
        verdict: 'pass',
        why: 'p95 2.1 ms: 147.9 ms left for the network.',
      },
      {
        text: 'errors < 1%',
        metric: 'errors',
        observed: 0,
        bound: 1,
        unit: '%',
        samples: 23_353,
        verdict: 'pass',
        why: 'No error in 23,353 operations.',
      },
      {
        text: 'ledger.lost = 0',
        metric: 'ledger.lost',
        observed: 0,
        bound: 0,
        unit: '',
        samples: 198_730,
        verdict: 'pass',
        why: 'None of 198,730 deliveries was lost.',
      },
      {
        text: 'service.cpu max < 70%',
        metric: 'service.cpu max',
        observed: 41.3,
        bound: 70,
        unit: '%',
        samples: 10,
        verdict: 'pass',
        why: 'ws-1 used 41% of a core in its busiest 5 s.',
      },
    ],
    users: { planned: 1000, peak: 1000, attempted: 1000, refused: 0, lost: 0 },
    ops: {
      connect: op(1000, 20, 4.2),
      'chat.join': op(1000, 20, 1.4),
      'chat.ack': op(19_873, 397, 2.1),
      'chat.delivery': op(198_730, 3974, 3.6),
      http: op(2480, 50, 1.2),
    },
    ledger: {
      ...noLedger,
      ...{ sent: 19_873, acked: 19_873, expected: 198_730, delivered: 198_730 },
    },
    fidelity: {
      leanUsers: 980,
      clientUsers: 20,
      leanMs: { p50: 1.6, p95: 3.2, p99: 6.1 },
      clientMs: { p50: 1.8, p95: 3.6, p99: 6.9 },
    },
    services: ['nginx', 'redis', 'api-1', 'api-2', 'ws-1', 'ws-2'].map((name, index) => ({
      name,
      kind: name === 'nginx' || name === 'redis' ? name : 'server',
      pid: 4000 + index,
      cpuPct: { avg: 8 + index * 4, max: 14 + index * 5.5 },
      rssMb: { avg: 60 + index * 8, max: 72 + index * 9 },
      loopLagMs: index < 2 ? null : 3.1,
      waitPct: 4,
      restarts: 0,
    })),
    generator: {
      workers: 2,
      cpuPct: 48,
      rssMb: 210,
      loopLagMs: { p99: 4.2, max: 18 },
      lateSends: 3,
      endedWorkers: [],
      saturated: false,
    },
    bottleneck: {
      kind: 'none',
      evidence: 'the busiest process, ws-2, used 42% of a core.',
    },
    faults: [],
    series: detail.points.map((point) => ({
      t: point.t,
      users: point.users,
      sent: point.sentPerSec,
      delivered: point.deliveredPerSec,
      errors: point.errorsPerSec,
      ackP95: point.ackMs?.p95 ?? 0,
      deliveryP95: point.deliveryMs?.p95 ?? 0,
    })),
    judged: {
      holdSends: 9936,
      finalRead: { done: true, why: null },
      loopback: true,
      cutShort: false,
    },
    ...change,
  };
}

/** The same run gone wrong: late acks, lost and doubled deliveries, a fault, too few HTTP samples. */
export function failedReport(): Report {
  const good = sampleReport();
  const exceptions: readonly LedgerException[] = (['lost', 'duplicated'] as const).flatMap((kind) =>
    Array.from({ length: 12 }, (_, index) => ({
      class: kind,
      id: `u${index}-r${index % 4}-${index * 7}`,
      room: `room-${index % 4}`,
      seq: index * 7,
      sender: `u${index}`,
      recipient: `u${index + 1}`,
      atMs: 21_000 + index * 120,
      fault: 'kill@ws-2',
    })),
  );
  return sampleReport({
    verdict: 'fail',
    exitCode: 99,
    thresholds: good.thresholds.map((row) =>
      row.metric === 'chat.ack p95'
        ? {
            ...row,
            observed: 41.2,
            verdict: 'fail',
            why: 'p95 41.2 ms is 11.2 ms above the bound.',
          }
        : row.metric === 'ledger.lost'
          ? { ...row, observed: 12, verdict: 'fail', why: '12 of 198,730 deliveries were lost.' }
          : row.metric === 'http p95'
            ? {
                ...row,
                observed: null,
                samples: 4,
                verdict: 'no-data',
                why: '4 samples; 20 are needed for p95.',
              }
            : row,
    ),
    users: { ...good.users, lost: 2 },
    ledger: { ...good.ledger, delivered: 198_718, lost: 12, duplicated: 12, exceptions },
    bottleneck: {
      kind: 'server',
      evidence: 'ws-1 used 98% of a core and its event loop lagged 120 ms.',
    },
    faults: [
      {
        ...goodFault,
        ...{ affected: 512, clientsOnNode: 512, detectMs: 12, evidence: 'pid 4005 is gone' },
        ...{ neverResumed: 2, lostAcked: 12, downClientSeconds: 620 },
        ...{ recoveredAt: 31_200, mttrMs: 11_200, watchedMs: 30_000, stormPerSec: 431 },
        resumeMs: { p50: 900, p95: 2100, p99: 3400, max: 4100 },
        detect: { p50: 12, p95: 15, p99: 18, max: 20 },
        backoff: { p50: 870, p95: 2050, p99: 3300, max: 4000 },
        connect: { p50: 10, p95: 22, p99: 35, max: 40 },
        resume: { p50: 8, p95: 13, p99: 28, max: 40 },
        ...{ stalled: 3, stalledClientSeconds: 4.2, due: 9800, acked: 9790 },
        ...{ dueWithin: 5100, answeredWithin: 5090, ackedWithin: 4200, ackP99Ms: 2800 },
      },
    ],
  });
}

function op(count: number, ratePerSec: number, p50: number): OpSummary {
  return { count, errors: 0, ratePerSec, latencyMs: spread(p50), serviceMs: spread(p50 * 0.9) };
}

function spread(p50: number): LatencyMs {
  return { p50, p90: p50 * 1.4, p95: p50 * 1.6, p99: p50 * 2.4, p999: p50 * 5, max: p50 * 9 };
}
