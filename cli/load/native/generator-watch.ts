/** What the load generator itself used, and whether it was the limit: then it measured itself. */
import type { GeneratorSummary } from '../../samples/summary.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { judgesLateness, plannedUsers, stageAt } from '../../scenario/timeline.ts';
import type { Counters } from './measures.ts';
import type { WorkerHealth } from './worker-health.ts';
import type { WorkerSecond } from './worker-messages.ts';

/** More late sends than this share of those due in the judged stages: the generator was saturated. */
const lateShare = 0.01;
/** A worker that stood in the run queue this share of the judged stages was not measuring freely. */
const waitShare = 0.5;

export class GeneratorWatch {
  readonly #scenario: Scenario;
  readonly #workers: number;
  readonly #last = new Map<number, Pick<WorkerSecond, 'second' | 'health'>>();
  readonly #waits = new Map<number, { waitedUs: number; spanUs: number }>();
  readonly #maxRss = new Map<number, number>();
  readonly #endedEarly: string[] = [];

  constructor(scenario: Scenario, workers: number) {
    this.#scenario = scenario;
    this.#workers = workers;
  }

  /** A worker's report of a second. */
  note(worker: number, { second, health }: WorkerSecond): void {
    const previous = this.#last.get(worker);
    this.#last.set(worker, { second, health });
    this.#maxRss.set(worker, Math.max(this.#maxRss.get(worker) ?? 0, health.rssBytes));
    const { stages } = this.#scenario;
    if (previous === undefined) return;
    if (!judgesLateness(stages, stageAt(stages, second * 1000 - 1))) return;
    const wait = this.#waits.get(worker) ?? { waitedUs: 0, spanUs: 0 };
    wait.waitedUs += health.runQueueWaitUs - previous.health.runQueueWaitUs;
    wait.spanUs += (second - previous.second) * 1_000_000;
    this.#waits.set(worker, wait);
  }

  /** Says who ended before its time, and how. */
  endedEarly(text: string): void {
    this.#endedEarly.push(text);
  }

  /** Of all workers since run start. */
  get cpuUs(): number {
    let sum = 0;
    for (const { health } of this.#last.values()) sum += health.cpuUs;
    return sum;
  }

  /** Of the worker that lagged most, in its last second. */
  get recentLagMs(): number {
    return this.#max((health) => health.recentLagMs);
  }

  /** `complete`: the run was not stopped, so every planned user should have been attempted. */
  summary(
    { lateSends, holdSends, attempted }: Counters,
    durationMs: number,
    complete: boolean,
  ): GeneratorSummary {
    const waited = [...this.#waits.values()].some(
      ({ waitedUs, spanUs }) => waitedUs > spanUs * waitShare,
    );
    // Users of a worker that is gone could not be tried.
    const isWhole = complete && this.#endedEarly.length === 0;
    const neverTried = isWhole && attempted < plannedUsers(this.#scenario.stages);
    return {
      workers: this.#workers,
      cpuPct: durationMs > 0 ? this.cpuUs / durationMs / 10 : 0,
      rssMb: [...this.#maxRss.values()].reduce((sum, bytes) => sum + bytes, 0) / 1_048_576,
      loopLagMs: {
        p99: this.#max((health) => health.lagP99Ms),
        max: this.#max((health) => health.lagMaxMs),
      },
      lateSends,
      endedWorkers: this.#endedEarly,
      saturated: lateSends > holdSends * lateShare || waited || neverTried,
    };
  }

  #max(of: (health: WorkerHealth) => number): number {
    let most = 0;
    for (const { health } of this.#last.values()) most = Math.max(most, of(health));
    return most;
  }
}
