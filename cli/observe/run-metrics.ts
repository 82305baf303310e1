/** What users see in a run, as metrics, while it runs: from the same events the screen is drawn from. */
import { runMetrics } from '../../server/metric-contract.ts';
import type { RunEvent } from '../events.ts';
import type { LiveLatency, LiveTotals, Tick } from '../samples/tick.ts';
import { setCounter } from './metric-page.ts';
import type { MetricPage } from './metric-page.ts';

export type RunFacts = {
  readonly runId: string;
  readonly scenario: string;
  readonly topology: string;
  /** The commit of the folder the run was started in, or `none`. */
  readonly git: string;
};

/** Takes the events of one run. Every series but those of faults stands at 0 from the start. */
export function runMetricsOf(
  exposed: MetricPage,
  { runId, scenario, topology, git }: RunFacts,
): (event: RunEvent) => void {
  const labels = { scenario };
  exposed.gauge(runMetrics.info).set({ run: runId, scenario, topology, git }, 1);
  const phase = phaseGauge(exposed);
  const fault = faultGauge(exposed);
  const counts = counters(exposed);
  const gauges = {
    targetRate: exposed.gauge(runMetrics.targetRate),
    actualRate: exposed.gauge(runMetrics.actualRate),
    targetUsers: exposed.gauge(runMetrics.targetUsers),
    activeUsers: exposed.gauge(runMetrics.activeUsers),
    eventLoopLagSeconds: exposed.gauge(runMetrics.eventLoopLagSeconds),
    cpuCores: exposed.gauge(runMetrics.cpuCores),
  };
  const latencies = Object.entries(latencyFamilies).map(
    ([name, family]) => [name as LiveLatency, exposed.countedHistogram(family)] as const,
  );
  for (const gauge of Object.values(gauges)) gauge.set(labels, 0);
  for (const [, histogram] of latencies) histogram.set(labels, nothing);
  counts.set(labels, none, noTotals);

  function tick(now: Tick): void {
    gauges.targetRate.set(labels, now.live?.targetSendsPerSec ?? 0);
    gauges.actualRate.set(labels, now.sentPerSec);
    gauges.targetUsers.set(labels, now.targetUsers);
    gauges.activeUsers.set(labels, now.users);
    gauges.eventLoopLagSeconds.set(labels, now.generatorLoopLagMs / 1000);
    gauges.cpuCores.set(labels, now.generatorCpuPct / 100);
    counts.set(labels, now, now.live ?? noTotals);
    if (now.live === undefined) return;
    for (const [name, histogram] of latencies) histogram.set(labels, now.live.latency[name]);
  }

  return (event) => {
    switch (event.kind) {
      case 'run-start':
        phase.plan(event.stages);
        break;
      case 'tick':
        phase.at(event.t);
        tick(event.tick);
        break;
      case 'fault':
        fault(event.fault, event.phase);
        break;
      case 'draining':
        phase.at(Infinity);
        break;
      case 'run-end':
        fault.over();
        break;
      case 'service':
      case 'note':
      case 'warning':
      case 'stage':
        break;
      default:
        event satisfies never;
    }
  };
}

const latencyFamilies = {
  connect: runMetrics.connectSeconds,
  ack: runMetrics.ackSeconds,
  delivery: runMetrics.deliverySeconds,
  http: runMetrics.httpSeconds,
  resume: runMetrics.resumeSeconds,
} as const satisfies Record<LiveLatency, unknown>;

const nothing = { upTo: [], count: 0, sumSec: 0 };
const none: Seen = { sent: 0, acked: 0, delivered: 0, duplicated: 0, lateSends: 0 };
const noTotals: Errors = {
  ...{ connectErrors: 0, sendErrors: 0, httpErrors: 0 },
  ...{ refusedSends: 0, missing: 0, outOfOrder: 0, reconnects: 0 },
};

type Seen = Pick<Tick, 'sent' | 'acked' | 'delivered' | 'duplicated' | 'lateSends'>;
type Errors = Omit<LiveTotals, 'latency' | 'targetSendsPerSec'>;

function counters(exposed: MetricPage) {
  const sent = exposed.counter(runMetrics.sent);
  const acked = exposed.counter(runMetrics.acked);
  const refused = exposed.counter(runMetrics.refused);
  const delivered = exposed.counter(runMetrics.delivered);
  const missing = exposed.counter(runMetrics.missing);
  const duplicate = exposed.counter(runMetrics.duplicate);
  const outOfOrder = exposed.counter(runMetrics.outOfOrder);
  const errors = exposed.counter(runMetrics.errors);
  const reconnects = exposed.counter(runMetrics.reconnects);
  const lateSends = exposed.counter(runMetrics.lateSends);
  return {
    set(labels: { readonly scenario: string }, seen: Seen, totals: Errors) {
      setCounter(sent, labels, seen.sent);
      setCounter(acked, labels, seen.acked);
      setCounter(refused, labels, totals.refusedSends);
      setCounter(delivered, labels, seen.delivered);
      setCounter(missing, labels, totals.missing);
      setCounter(duplicate, labels, seen.duplicated);
      setCounter(outOfOrder, labels, totals.outOfOrder);
      setCounter(errors, { ...labels, kind: 'connect' }, totals.connectErrors);
      setCounter(errors, { ...labels, kind: 'send' }, totals.sendErrors);
      setCounter(errors, { ...labels, kind: 'http' }, totals.httpErrors);
      setCounter(reconnects, labels, totals.reconnects);
      setCounter(lateSends, labels, seen.lateSends);
    },
  };
}

type Stages = Extract<RunEvent, { kind: 'run-start' }>['stages'];

/** A stage that keeps the users it found is a hold, any other a ramp; after the last comes the drain. */
function phaseGauge(exposed: MetricPage) {
  const gauge = exposed.gauge(runMetrics.phase);
  let stages: Stages = [];
  let drains = false;
  const show = (now: 'ramp' | 'hold' | 'drain'): void => {
    for (const phase of ['ramp', 'hold', 'drain']) gauge.set({ phase }, phase === now ? 1 : 0);
  };
  show('ramp');
  return {
    plan(of: Stages): void {
      stages = of;
    },
    at(t: number): void {
      const index = stages.findIndex(({ untilMs }) => t < untilMs);
      drains ||= index === -1;
      if (drains) show('drain');
      else show(stages[index]?.target === (stages[index - 1]?.target ?? 0) ? 'hold' : 'ramp');
    },
  };
}

/** By the fault as written, `kind@target,…`: two of a kind may hit the same target. */
function faultGauge(exposed: MetricPage) {
  const gauge = exposed.gauge(runMetrics.faultActive);
  const active = new Map<string, number>();
  const add = (text: string, count: number): void => {
    const [, kind, target] = /^([^@]+)@([^,]+)/.exec(text) ?? [];
    if (kind === undefined || target === undefined) return;
    const now = Math.max(0, (active.get(`${kind}@${target}`) ?? 0) + count);
    active.set(`${kind}@${target}`, now);
    gauge.set({ kind, target }, now > 0 ? 1 : 0);
  };
  const note = (text: string, phase: Extract<RunEvent, { kind: 'fault' }>['phase']): void => {
    switch (phase) {
      case 'planned':
      case 'failed':
        add(text, 0);
        break;
      case 'injected':
        add(text, 1);
        break;
      case 'undone':
        add(text, -1);
        break;
      default:
        phase satisfies never;
    }
  };
  return Object.assign(note, {
    /** Nothing of a fault is told after its run. */
    over() {
      for (const [text, count] of active) add(text, -count);
    },
  });
}
