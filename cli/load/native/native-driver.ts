/** The native engine: the parent's side of a run. Everything it waits for has a deadline. */
import { availableParallelism } from 'node:os';

import type { Tick } from '../../samples/tick.ts';
import { plannedUsers, stagesMs } from '../../scenario/timeline.ts';
import type { World } from '../../world.ts';
import type { Drive, DriveInput, DriveResult, Driver } from '../driver.ts';
import { Admission } from './admission.ts';
import { Answers } from './answers.ts';
import { FinalRead } from './final-read.ts';
import { RunHistory } from './run-history.ts';
import { Tally } from './tally.ts';
import { Ticker } from './ticker.ts';
import type { Credentials, FromWorker, RoomHead } from './worker-messages.ts';
import { startWorkers, workerCount, type WorkerProcess } from './worker-pool.ts';

/** Time between the last worker's readiness and second 0, for the message to arrive. */
const startAheadMs = 20;
const loadWithinMs = 60_000;
const stopDrainMs = 5000;
const stopGraceMs = 3000;
const readWithinMs = 15_000;
const readWithinStoppedMs = 5000;
/** What a worker may be late with an answer before it is taken for dead. */
const answerGraceMs = 10_000;
const abortGraceMs = 500;

/** A driver that makes the load with this machine's own worker processes. */
export function nativeDriver(world: World): Driver {
  return { start: (input) => new NativeRun(world, input) };
}

class NativeRun implements Drive {
  readonly ticks: AsyncIterable<Tick>;
  readonly result: Promise<DriveResult>;
  readonly startMs: Promise<number>;
  readonly #world: World;
  readonly #input: DriveInput;
  readonly #tally: Tally;
  readonly #ticker: Ticker;
  readonly #history: RunHistory;
  readonly #workerCount: number;
  #workers: readonly WorkerProcess[] = [];
  readonly #heads = new Map<number, number>();
  readonly #finalRead = new FinalRead();
  #startedAtMs = 0;
  #startNs = 0n;
  readonly #started = Promise.withResolvers<number>();
  #stopped = false;
  #aborted = false;
  #running = false;
  readonly #isDone = new Set<number>();
  readonly #admission: Admission;
  readonly #answers = new Answers(({ index }, kind) => {
    this.#tally.problem(`load worker ${index} did not answer (${kind}) and was ended`);
  });
  #stopTimer: NodeJS.Timeout | undefined;

  constructor(world: World, input: DriveInput) {
    this.#world = world;
    this.#input = input;
    this.#history = new RunHistory(input);
    const users = plannedUsers(input.scenario.stages);
    this.#workerCount = input.workers ?? workerCount(users, availableParallelism());
    this.#admission = new Admission(input.runId, input.target, users);
    this.#tally = new Tally(input.scenario, this.#workerCount);
    this.#ticker = new Ticker(this.#tally, () => this.#sinceStartMs());
    this.ticks = this.#ticker.ticks;
    this.startMs = this.#started.promise;
    this.startMs.catch(() => undefined);
    this.result = this.#run();
    // Whoever asks for the result hears of a failure; whoever only reads ticks must not crash.
    this.result.catch(() => undefined);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#admission.end();
    if (this.#running) this.#tellStop();
  }

  async abort(): Promise<void> {
    this.#stopped = true;
    this.#aborted = true;
    this.#admission.end();
    this.#answers.dismiss();
    await this.result.catch(() => undefined);
  }

  async #run(): Promise<DriveResult> {
    try {
      this.#history.makeFolder();
      const credentials = await this.#admission.credentials();
      this.#workers = await startWorkers(this.#world, this.#workerCount, (worker, message) => {
        this.#hear(worker, message);
      });
      for (const worker of this.#workers) this.#watch(worker);
      await this.#load(credentials);
      this.#keepFresh();
      this.#go();
      await this.#phases();
      return this.#conclude();
    } finally {
      // No harm after `resolve`; without it, whoever waits for a start that never came would hang.
      this.#started.reject(new Error('the run ended before it started'));
      this.#ticker.stop();
      clearTimeout(this.#stopTimer);
      this.#admission.end();
      await this.#endWorkers();
      this.#ticker.end();
    }
  }

  /** Second 0 comes when every worker has its users laid out, so that no arrival waits for that. */
  async #load(credentials: Credentials): Promise<void> {
    const { runId, scenario, target } = this.#input;
    await this.#answers.ofAll(this.#workers, 'loaded', loadWithinMs, (worker) => {
      worker.tell({
        kind: 'start',
        runId,
        scenario,
        url: target.url,
        credentials,
        historyFile: this.#history.fileOf(worker.index),
        index: worker.index,
        workers: this.#workerCount,
      });
    });
  }

  #go(): void {
    const { clock } = this.#world;
    this.#startNs = clock.monotonicNs() + BigInt(startAheadMs * 1_000_000);
    this.#startedAtMs = clock.now() + startAheadMs;
    this.#started.resolve(Number(this.#startNs) / 1_000_000);
    this.#running = true;
    this.#tellAll({ kind: 'go', startNs: String(this.#startNs) });
    if (this.#stopped) this.#tellStop();
    this.#input.onStart?.({ startedAtMs: this.#startedAtMs, startedAtUs: this.#startedAtUs() });
    this.#ticker.start();
  }

  /** Sending → every worker quiet → every member caught up → final read → everybody left. */
  async #phases(): Promise<void> {
    const { scenario } = this.#input;
    const sendingMs = stagesMs(scenario.stages) + scenario.drainMs;
    const quietWithinMs = startAheadMs + sendingMs + answerGraceMs;
    await this.#answers.ofAll(this.#workers, 'quiet', quietWithinMs);
    const heads: RoomHead[] = [...this.#heads];
    const drainedWithinMs = scenario.drainMs + answerGraceMs;
    await this.#answers.ofAll(this.#workers, 'settled', drainedWithinMs, (worker) => {
      worker.tell({ kind: 'settle', heads });
    });
    await this.#read();
    await this.#answers.ofAll(this.#workers, 'done', drainedWithinMs, (worker) => {
      worker.tell({ kind: 'finish' });
    });
  }

  async #read(): Promise<void> {
    if (!this.#tally.anybodyJoined) {
      // Nothing was ever sent, so there is nothing to hold against the log.
      for (const { index } of this.#workers) this.#finalRead.told(index, null);
      return;
    }
    const withinMs = this.#stopped ? readWithinStoppedMs : readWithinMs;
    await this.#answers.ofAll(this.#workers, 'read-done', withinMs + answerGraceMs, (worker) => {
      worker.tell({ kind: 'read', withinMs });
    });
  }

  #hear(worker: WorkerProcess, message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'second':
        this.#tally.note(worker.index, message);
        this.#ticker.told(this.#workers.filter(({ isGone }) => !isGone).map(({ index }) => index));
        return;
      case 'quiet':
        for (const [room, seq] of message.heads) {
          this.#heads.set(room, Math.max(seq, this.#heads.get(room) ?? 0));
        }
        break;
      case 'loaded':
      case 'settled':
        break;
      case 'read-done':
        this.#finalRead.told(worker.index, message.why);
        break;
      case 'history-failed':
        this.#historyFailed(worker, message);
        return;
      case 'done':
        this.#tally.note(worker.index, message.last);
        this.#tally.ended(worker.index, message);
        this.#isDone.add(worker.index);
        break;
    }
    this.#answers.heard(worker, message.kind);
  }

  #historyFailed(worker: WorkerProcess, { text, moved }: { text: string; moved: boolean }): void {
    switch (this.#history.failed(text, moved)) {
      case 'moves already':
        return;
      case 'moves':
        for (const { index, tell } of this.#workers) {
          tell({ kind: 'history-to', file: this.#history.fileOf(index) });
        }
        return;
      case 'ends':
        this.#tally.problem(text);
        worker.tell({ kind: 'history-to', file: null });
        this.stop();
    }
  }

  /** A worker that ends before it is done takes its users with it. */
  #watch(worker: WorkerProcess): void {
    void worker.gone.then(({ how, by, said }) => {
      if (this.#isDone.has(worker.index)) return;
      this.#tally.died(worker.index);
      if (this.#aborted) return;
      this.#tally.endedEarly(`load worker ${worker.index} ended (${by})`);
      this.#history.markEnded(worker.index, this.#workerCount);
      const words = said === undefined ? '' : `: ${said}`;
      this.#tally.problem(`load worker ${worker.index} died (${how})${words}`);
    });
  }

  #conclude(): DriveResult {
    const { clock } = this.#world;
    const durationMs = Math.max(
      0,
      Math.round(Number(clock.monotonicNs() - this.#startNs) / 1_000_000),
    );
    this.#ticker.conclude(durationMs);
    const loadMs = Math.min(durationMs, stagesMs(this.#input.scenario.stages));
    return {
      startedAtMs: this.#startedAtMs,
      startedAtUs: this.#startedAtUs(),
      durationMs,
      historyDir: this.#history.dir,
      stopped: this.#stopped,
      aborted: this.#aborted,
      users: this.#tally.users(),
      ops: this.#tally.ops(loadMs),
      fidelity: this.#tally.fidelity(),
      generator: this.#tally.generator(durationMs, !this.#stopped),
      points: this.#tally.points,
      holdSends: this.#tally.holdSends,
      finalRead: this.#finalRead.result(this.#workerCount, this.#history.error, this.#aborted),
      errorTexts: this.#tally.errorTexts(),
    };
  }

  async #endWorkers(): Promise<void> {
    for (const worker of this.#workers) worker.tell({ kind: 'abort' });
    const timer = setTimeout(() => {
      for (const worker of this.#workers) worker.kill();
    }, abortGraceMs);
    await Promise.all(this.#workers.map(async (worker) => worker.gone));
    clearTimeout(timer);
  }

  #startedAtUs(): number {
    return Number(this.#startNs / 1000n);
  }

  #sinceStartMs(): number {
    return Number(this.#world.clock.monotonicNs() - this.#startNs) / 1_000_000;
  }

  /** A worker that does not come to rest after a stop is not waited for until the stages' end. */
  #tellStop(): void {
    const drainMs = Math.min(stopDrainMs, this.#input.scenario.drainMs);
    this.#tellAll({ kind: 'stop', drainMs });
    this.#stopTimer = setTimeout(() => {
      this.#answers.hurry();
    }, drainMs + stopGraceMs);
  }

  #tellAll(message: Parameters<WorkerProcess['tell']>[0]): void {
    for (const worker of this.#workers) worker.tell(message);
  }

  #keepFresh(): void {
    this.#admission.keepFresh(
      (credentials) => {
        this.#tellAll({ kind: 'credentials', credentials });
      },
      () => {
        this.#tally.problem('the tokens of the accounts could not be renewed');
      },
    );
  }
}
