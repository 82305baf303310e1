/** Merges what the workers report: into one tick a second, and into the totals of the run. */
import { latencyBuckets } from '../../../server/metric-contract.ts';
import type { DetailPoint, Quantiles } from '../../samples/detail.ts';
import { createHistogram, decodeHistogram, type Histogram } from '../../samples/histogram.ts';
import type { Fidelity, GeneratorSummary, OpSummary, UserCounts } from '../../samples/summary.ts';
import type { LiveTotals, Tick } from '../../samples/tick.ts';
import { pacerOf } from '../../scenario/pacer.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { plannedUsers, stageAt, targetAt } from '../../scenario/timeline.ts';
import { GeneratorWatch } from './generator-watch.ts';
import { distributionNames, noCounts, type Counters, type DistributionName } from './measures.ts';
import { Problems } from './problems.ts';
import type { WorkerSecond } from './worker-messages.ts';

type Histograms = Record<DistributionName, Histogram>;
const deliveries = ['leanDelivery', 'clientDelivery', 'pollingDelivery'] as const;

/** How a worker ended: from its `done`, or from its last report when it died. */
export type WorkerEnd = {
  readonly lost: number;
  readonly refused: number;
  readonly leanUsers: number;
  readonly clientUsers: number;
};

export class Tally {
  readonly #scenario: Scenario;
  readonly #generator: GeneratorWatch;
  readonly #last = new Map<number, WorkerSecond>();
  readonly #ends = new Map<number, WorkerEnd>();
  readonly #total = emptyHistograms();
  #second = emptyHistograms();
  #before: Counters = noCounts();
  #beforeCpuUs = 0;
  #beforeT = 0;
  #peak = 0;
  #mostSendErrors = 0;
  readonly #sendsPerSecPerUser: number;
  readonly #problems = new Problems();
  readonly points: DetailPoint[] = [];

  constructor(scenario: Scenario, workers: number) {
    this.#scenario = scenario;
    this.#generator = new GeneratorWatch(scenario, workers);
    this.#sendsPerSecPerUser = 1_000_000 / pacerOf(scenario).periodUs;
  }

  /** A worker's report of a second. */
  note(worker: number, report: WorkerSecond): void {
    this.#last.set(worker, report);
    for (const name of distributionNames) {
      const text = report.histograms[name];
      if (text === undefined) continue;
      const histogram = decodeHistogram(text);
      this.#second[name].merge(histogram);
      this.#total[name].merge(histogram);
    }
    for (const [text, count] of Object.entries(report.problems)) this.#problems.add(text, count);
    this.#generator.note(worker, report);
  }

  /** Whether all of `workers` have reported this second. */
  hasAll(second: number, workers: readonly number[]): boolean {
    return workers.every((worker) => (this.#last.get(worker)?.second ?? 0) >= second);
  }

  /** A problem of the engine itself. */
  problem(text: string): void {
    this.#problems.tell(text);
  }

  ended(worker: number, end: WorkerEnd): void {
    this.#ends.set(worker, end);
  }

  /** A worker died. Its users were not lost by the system; those that it would not let in were refused. */
  died(worker: number): void {
    const counters = this.#last.get(worker)?.counters;
    this.#ends.set(worker, {
      lost: 0,
      refused: counters?.refused ?? 0,
      leanUsers: 0,
      clientUsers: 0,
    });
    // Nobody of it is there any more.
    const last = this.#last.get(worker);
    if (last === undefined) return;
    const counted = { ...last.counters, users: 0, usersPeak: 0, connected: 0 };
    this.#last.set(worker, { ...last, counters: counted });
  }

  /** Says who ended before its time, and how. */
  endedEarly(text: string): void {
    this.#generator.endedEarly(text);
  }

  /** Closes the second that ends at `tMs` and returns its figures. */
  close(tMs: number): Tick {
    const now = this.#sum();
    const seconds = Math.max(0.001, (tMs - this.#beforeT) / 1000);
    const perSec = (name: keyof Counters): number =>
      Math.max(0, now[name] - this.#before[name]) / seconds;
    const { stages } = this.#scenario;
    const delivery = mergedDeliveries(this.#second);
    const point: DetailPoint = {
      t: tMs,
      // The second belongs to the stage it ran in, not to the one that starts at its end.
      stage: stageAt(stages, tMs - 1),
      users: now.users,
      targetUsers: targetAt(stages, tMs),
      sentPerSec: perSec('sent'),
      deliveredPerSec: perSec('delivered'),
      httpPerSec: perSec('http'),
      errorsPerSec: Math.max(0, errorsOf(now) - errorsOf(this.#before)) / seconds,
      ackMs: quantiles(this.#second.ack),
      deliveryMs: quantiles(delivery),
      httpMs: quantiles(this.#second.http),
    };
    const { cpuUs } = this.#generator;
    const tick: Tick = {
      ...point,
      connected: now.connected,
      refused: now.refused,
      sent: now.sent,
      acked: now.acked,
      delivered: now.delivered,
      duplicated: now.repeated,
      errors: errorsOf(now),
      lateSends: now.lateSends,
      generatorCpuPct: Math.max(0, cpuUs - this.#beforeCpuUs) / seconds / 10_000,
      generatorLoopLagMs: this.#generator.recentLagMs,
      live: this.#live(now, point.targetUsers),
    };
    this.points.push(point);
    this.#peak = Math.max(this.#peak, now.usersPeak);
    this.#before = now;
    this.#beforeCpuUs = cpuUs;
    this.#beforeT = tMs;
    this.#second = emptyHistograms();
    return tick;
  }

  users(): UserCounts {
    const now = this.#sum();
    const ends = [...this.#ends.values()];
    const planned = plannedUsers(this.#scenario.stages);
    return {
      planned,
      peak: Math.min(planned, Math.max(this.#peak, now.usersPeak)),
      attempted: now.attempted,
      refused: ends.reduce((sum, end) => sum + end.refused, 0),
      lost: ends.reduce((sum, end) => sum + end.lost, 0),
      thrownOff: now.thrownOff,
    };
  }

  /**
   * `count` counts what ended well and what did not; the latencies are of what was answered, and of
   * sends and HTTP requests also how long the unanswered (and the unsent) were waited for.
   */
  ops(durationMs: number): Readonly<Record<string, OpSummary>> {
    const now = this.#sum();
    const total = this.#total;
    const op = (
      count: number,
      errors: number,
      latency: Histogram,
      service: Histogram,
    ): OpSummary => ({
      count,
      errors,
      ratePerSec: durationMs > 0 ? count / (durationMs / 1000) : 0,
      latencyMs: latency.latencyMs(),
      serviceMs: service.latencyMs(),
    });
    const sendErrors = now.refusedSends + now.open + now.unsent;
    return {
      connect: op(
        now.connects + now.connectErrors,
        now.connectErrors,
        total.connect,
        total.connectService,
      ),
      'chat.join': op(now.joins + now.joinErrors, now.joinErrors, total.join, total.join),
      'chat.ack': op(now.acked + sendErrors, sendErrors, total.ack, total.ackService),
      'chat.delivery': op(now.delivered, 0, mergedDeliveries(total), total.deliveryService),
      http: {
        ...op(now.http, now.httpErrors, total.http, total.httpService),
        fresh: now.httpFresh,
        freshErrors: now.httpFreshErrors,
        reusedResets: now.httpReusedResets,
        givenUp: now.httpGivenUp,
      },
    };
  }

  fidelity(): Fidelity {
    const ends = [...this.#ends.values()];
    return {
      leanUsers: ends.reduce((sum, end) => sum + end.leanUsers, 0),
      clientUsers: ends.reduce((sum, end) => sum + end.clientUsers, 0),
      leanMs: quantiles(this.#total.leanDelivery) ?? none,
      clientMs: quantiles(this.#total.clientDelivery) ?? none,
    };
  }

  /** `complete`: the run was not stopped, so every planned user should have been attempted. */
  generator(durationMs: number, complete: boolean): GeneratorSummary {
    return this.#generator.summary(this.#sum(), durationMs, complete);
  }

  get anybodyJoined(): boolean {
    return this.#sum().joins > 0;
  }

  get holdSends(): number {
    return this.#sum().holdSends;
  }

  /** Problems by text, the commonest first. */
  errorTexts(): Readonly<Record<string, number>> {
    return this.#problems.all();
  }

  #live(now: Counters, targetUsers: number): LiveTotals {
    const total = this.#total;
    // An overdue ack that still comes takes its error back; who counts on cannot.
    this.#mostSendErrors = Math.max(this.#mostSendErrors, now.refusedSends + now.open + now.unsent);
    return {
      targetSendsPerSec: targetUsers * this.#sendsPerSecPerUser,
      connectErrors: now.connectErrors + now.joinErrors,
      sendErrors: this.#mostSendErrors,
      httpErrors: now.httpErrors,
      refusedSends: now.refusedSends,
      missing: now.missing,
      outOfOrder: now.outOfOrder,
      reconnects: now.reconnects,
      latency: {
        connect: total.connect.countsUpTo(latencyBuckets),
        ack: total.ack.countsUpTo(latencyBuckets),
        delivery: mergedDeliveries(total).countsUpTo(latencyBuckets),
        http: total.http.countsUpTo(latencyBuckets),
        resume: total.resume.countsUpTo(latencyBuckets),
      },
    };
  }

  #sum(): Counters {
    const sum = noCounts();
    for (const { counters } of this.#last.values()) {
      for (const name of Object.keys(sum) as (keyof Counters)[]) sum[name] += counters[name];
    }
    return sum;
  }
}

const none: Quantiles = { p50: 0, p95: 0, p99: 0 };

function quantiles(histogram: Histogram): Quantiles | null {
  if (histogram.count === 0) return null;
  const at = (q: number): number => histogram.quantileMs(q) ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function errorsOf(counters: Counters): number {
  return (
    counters.connectErrors +
    counters.joinErrors +
    counters.refusedSends +
    counters.open +
    counters.unsent +
    counters.httpErrors
  );
}

function emptyHistograms(): Histograms {
  const histograms = {} as Histograms;
  for (const name of distributionNames) histograms[name] = createHistogram();
  return histograms;
}

function mergedDeliveries(histograms: Histograms): Histogram {
  const merged = createHistogram();
  for (const name of deliveries) merged.merge(histograms[name]);
  return merged;
}
