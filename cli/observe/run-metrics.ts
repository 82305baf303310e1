/** What users see in a run, as metrics, while it runs: from the same events the screen is drawn from. */
import { runMetrics } from '../../server/metric-contract.ts';
import type { MetricFamily } from '../../server/metric-contract.ts';
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
  const gauges = gaugesOf.map(([family, of]) => [exposed.gauge(family), of] as const);
  const totals = totalsOf.map(([family, of]) => [exposed.counter(family), of] as const);
  const errors = exposed.counter(runMetrics.errors);
  const latencies = Object.entries(latencyFamilies).map(
    ([name, family]) => [name as LiveLatency, exposed.countedHistogram(family)] as const,
  );
  for (const [gauge] of gauges) gauge.set(labels, 0);
  for (const [counter] of totals) counter.inc(labels, 0);
  for (const [kind] of errorsOf) errors.inc({ ...labels, kind }, 0);
  for (const [, histogram] of latencies) histogram.set(labels, nothing);

  function tick(now: Tick): void {
    const { live } = now;
    // Read back from a file: what a second counted is not in it.
    if (live === undefined) return;
    for (const [gauge, of] of gauges) gauge.set(labels, of(now, live));
    for (const [counter, of] of totals) setCounter(counter, labels, of(now, live));
    for (const [kind, of] of errorsOf) setCounter(errors, { ...labels, kind }, of(live));
    for (const [name, histogram] of latencies) histogram.set(labels, live.latency[name]);
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

type Figure = readonly [MetricFamily, (now: Tick, live: LiveTotals) => number];

const gaugesOf: readonly Figure[] = [
  [runMetrics.targetRate, (_, live) => live.targetSendsPerSec],
  [runMetrics.actualRate, (now) => now.sentPerSec],
  [runMetrics.targetUsers, (now) => now.targetUsers],
  [runMetrics.activeUsers, (now) => now.users],
  [runMetrics.eventLoopLagSeconds, (now) => now.generatorLoopLagMs / 1000],
  [runMetrics.cpuCores, (now) => now.generatorCpuPct / 100],
];

/** Since the run began; none ever falls. */
const totalsOf: readonly Figure[] = [
  [runMetrics.sent, (now) => now.sent],
  [runMetrics.acked, (now) => now.acked],
  [runMetrics.refused, (_, live) => live.refusedSends],
  [runMetrics.delivered, (now) => now.delivered],
  [runMetrics.missing, (_, live) => live.missing],
  [runMetrics.duplicate, (now) => now.duplicated],
  [runMetrics.outOfOrder, (_, live) => live.outOfOrder],
  [runMetrics.reconnects, (_, live) => live.reconnects],
  [runMetrics.lateSends, (now) => now.lateSends],
];

const errorsOf: readonly (readonly [kind: string, of: (live: LiveTotals) => number])[] = [
  ['connect', (live) => live.connectErrors],
  ['send', (live) => live.sendErrors],
  ['http', (live) => live.httpErrors],
];

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
