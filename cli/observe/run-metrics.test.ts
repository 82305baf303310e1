import { describe, expect, test } from 'vitest';

import { runMetrics } from '../../server/metric-contract.ts';
import { lintMetrics } from '../../server/testing/lint-metrics.ts';
import type { RunEvent } from '../events.ts';
import type { LiveTotals, Tick } from '../samples/tick.ts';
import { MetricPage } from './metric-page.ts';
import { runMetricsOf } from './run-metrics.ts';
import { contractBreaches, valueOf } from './testing/parse-page.ts';

const facts = { runId: '20261121-1', scenario: 'chat-1000', topology: 'scaled', git: 'none' };
const start: RunEvent = {
  kind: 'run-start',
  ...facts,
  url: 'http://127.0.0.1:1',
  plannedUsers: 10,
  durationMs: 30_000,
  stages: [
    { untilMs: 10_000, target: 10 },
    { untilMs: 20_000, target: 10 },
    { untilMs: 30_000, target: 0 },
  ],
  runDir: '/run',
};

/** The page after these events. */
async function pageAfter(events: readonly RunEvent[]): Promise<string> {
  const exposed = new MetricPage();
  const note = runMetricsOf(exposed, facts);
  for (const event of events) note(event);
  return await exposed.text();
}

const fault = (text: string, phase: Extract<RunEvent, { kind: 'fault' }>['phase']): RunEvent => ({
  kind: 'fault',
  t: 0,
  fault: text,
  phase,
  detail: '',
});
const end: RunEvent = { kind: 'run-end', t: 0, verdict: 'pass', exitCode: 0 };

describe('the metrics of a run', () => {
  test('have every family of the contract once a fault is planned, and nothing else', async () => {
    const page = await pageAfter([start, fault('kill@ws-2,at=20s,for=10s', 'planned')]);
    expect(contractBreaches(page, Object.values(runMetrics))).toEqual([]);
    expect(contractBreaches(`${page}rtops_client_made_up 1\n`, Object.values(runMetrics))).toEqual([
      'rtops_client_made_up is not in the contract',
    ]);
    expect(valueOf(page, 'rtops_run_info', { run: '20261121-1', git: 'none' })).toBe(1);
  });

  test('pass the linter of Prometheus', async () => {
    const page = await pageAfter([start, fault('kill@ws-2,at=20s,for=10s', 'planned'), end]);
    expect(lintMetrics(page)).toEqual([]);
  });

  test.each([
    [1000, 'ramp'],
    [10_000, 'hold'],
    [19_999, 'hold'],
    [20_000, 'ramp'],
    [30_000, 'drain'],
  ])('at %i ms are in the phase %s', async (t, phase) => {
    const page = await pageAfter([start, tick({ t })]);
    for (const each of ['ramp', 'hold', 'drain']) {
      expect(valueOf(page, 'rtops_phase', { phase: each }), each).toBe(each === phase ? 1 : 0);
    }
  });

  test('drain from the first Ctrl-C on', async () => {
    const page = await pageAfter([
      start,
      { kind: 'draining', t: 0, interrupted: true },
      tick({ t: 11_000 }),
    ]);
    expect(valueOf(page, 'rtops_phase', { phase: 'drain' })).toBe(1);
  });

  test('show a fault from its injection to its undoing', async () => {
    const text = 'latency@nginx-ws-1,at=5s,for=10s,delay=200ms';
    const active = async (...events: readonly RunEvent[]) =>
      valueOf(await pageAfter([start, fault(text, 'planned'), ...events]), 'rtops_fault_active', {
        kind: 'latency',
        target: 'nginx-ws-1',
      });
    expect(await active()).toBe(0);
    expect(await active(fault(text, 'injected'))).toBe(1);
    expect(await active(fault(text, 'injected'), fault(text, 'undone'))).toBe(0);
    expect(await active(fault(text, 'failed'))).toBe(0);
    // Two of them, one over: it is still there.
    expect(
      await active(fault(text, 'injected'), fault(text, 'injected'), fault(text, 'undone')),
    ).toBe(1);
    expect(await active(fault(text, 'injected'), end)).toBe(0);
  });

  test('never fall: a second of which no totals are known leaves them as they were', async () => {
    const { live: _, ...bare } = tick({ t: 2000, sent: 0 }).tick;
    const page = await pageAfter([start, tick({ t: 1000, sent: 70 }), { ...tick({}), tick: bare }]);
    expect(valueOf(page, 'rtops_client_sent_total')).toBe(70);
    expect(valueOf(page, 'rtops_client_errors_total', { kind: 'send' })).toBe(2);
  });

  test('say what a second said, in seconds and cores', async () => {
    const page = await pageAfter([start, tick({ t: 1000 }), tick({ t: 2000, sent: 70, users: 9 })]);
    expect(valueOf(page, 'rtops_client_sent_total')).toBe(70);
    expect(valueOf(page, 'rtops_client_active_users')).toBe(9);
    expect(valueOf(page, 'rtops_client_eventloop_lag_seconds')).toBeCloseTo(0.012);
    expect(valueOf(page, 'rtops_client_cpu_cores')).toBeCloseTo(1.5);
    expect(valueOf(page, 'rtops_client_target_rate')).toBe(5);
    expect(valueOf(page, 'rtops_client_errors_total', { kind: 'send' })).toBe(2);
    expect(valueOf(page, 'rtops_client_ack_seconds_bucket', { le: '0.001' })).toBe(2);
    expect(valueOf(page, 'rtops_client_ack_seconds_bucket', { le: '+Inf' })).toBe(4);
    expect(valueOf(page, 'rtops_client_ack_seconds_sum')).toBe(0.25);
  });
});

function tick(over: Partial<Tick>): Extract<RunEvent, { kind: 'tick' }> {
  const counted = { upTo: [1, 2], count: 4, sumSec: 0.25 };
  const live: LiveTotals = {
    ...{ targetSendsPerSec: 5, connectErrors: 1, sendErrors: 2, httpErrors: 3 },
    ...{ refusedSends: 0, missing: 0, outOfOrder: 0, reconnects: 0 },
    latency: {
      ...{ connect: counted, ack: counted, delivery: counted },
      ...{ http: counted, resume: counted },
    },
  };
  const point = {
    ...{ t: 0, stage: 0, users: 10, targetUsers: 10 },
    ...{ sentPerSec: 5, deliveredPerSec: 50, httpPerSec: 0, errorsPerSec: 0 },
    ...{ ackMs: null, deliveryMs: null, httpMs: null },
  };
  const figures: Tick = {
    ...point,
    ...{ connected: 10, refused: 0, sent: 5, acked: 5, delivered: 50, duplicated: 0 },
    ...{ errors: 6, lateSends: 0, generatorCpuPct: 150, generatorLoopLagMs: 12 },
    live,
    ...over,
  };
  return { kind: 'tick', t: figures.t, tick: figures, services: [] };
}
