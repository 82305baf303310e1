/** A worker's run: its users, its timers, its reports, and what the parent asks of it. */
import { plannedUsers } from '../../scenario/timeline.ts';
import type * as ClientModule from './client-channel.ts';
import { Crowd, ownUsers } from './crowd.ts';
import { Entrance } from './entrance.ts';
import { HistoryWriter } from './history-writer.ts';
import type * as HttpModule from './http-load.ts';
import { readLogs } from './log-reader.ts';
import { sourceAddress } from './source-address.ts';
import { WorkerDesk } from './worker-desk.ts';
import { watchHealth, type WorkerHealth } from './worker-health.ts';
import type {
  Credentials,
  FromWorker,
  RoomHead,
  WorkerSecond,
  WorkerStart,
} from './worker-messages.ts';

const sweepUs = 250_000;
/** After a stop somebody waits for the end: those who leave are given no longer than this. */
const leaveWithinStoppedUs = 1_000_000;

/** Modules only some workers need. */
type Extras = {
  readonly clients: typeof ClientModule | undefined;
  readonly http: typeof HttpModule | undefined;
};

export class Worker {
  readonly #desk: WorkerDesk;
  readonly #history: HistoryWriter;
  readonly #start: WorkerStart;
  readonly #entrance: Entrance;
  readonly #say: (message: FromWorker) => void;
  readonly #crowd: Crowd;
  /** From the start of the run: to lay out the users is no part of it. */
  #readHealth: (() => WorkerHealth) | undefined;
  readonly #http: HttpModule.HttpLoad | undefined;
  #tick: NodeJS.Timeout | undefined;
  #tickAtUs = Infinity;
  #nextSweepUs = 0;
  #nextSecond = 1;
  #historyMoved = false;
  #phase: 'sending' | 'draining' | 'quiet' | 'settling' | 'leaving' | 'over' = 'sending';
  #stopped = false;
  #hasStarted = false;
  #drainUntilUs = Infinity;
  #targets: readonly RoomHead[] = [];
  #leaveUntilUs = Infinity;
  readonly #everybodyLeft = Promise.withResolvers<void>();

  private constructor(
    start: WorkerStart,
    say: (message: FromWorker) => void,
    { clients, http }: Extras,
  ) {
    this.#start = start;
    this.#say = say;
    this.#entrance = new Entrance(start.url, start.credentials, clients);
    this.#history = new HistoryWriter(start.historyFile, (text) => {
      this.#say({ kind: 'history-failed', text, moved: this.#historyMoved });
    });
    this.#desk = new WorkerDesk(start, this.#entrance, this.#history, (atUs) => {
      if (atUs < this.#tickAtUs) this.#arm();
    });
    this.#http = http === undefined ? undefined : this.#httpLoad(http);
    this.#crowd = new Crowd(this.#desk, start);
  }

  /** Loads what this worker's users need and lays them out; `say` reaches the parent. */
  static async load(start: WorkerStart, say: (message: FromWorker) => void): Promise<Worker> {
    let needsClient = false;
    for (const [, kind] of ownUsers(start)) needsClient ||= kind === 'client';
    const needsHttp = start.index === 0 && start.scenario.http.perSec > 0;
    return new Worker(start, say, {
      clients: needsClient ? await import('./client-channel.ts') : undefined,
      http: needsHttp ? await import('./http-load.ts') : undefined,
    });
  }

  /** Second 0 is at `startNs` of `process.hrtime`. */
  go(startNs: bigint): void {
    this.#desk.start(startNs);
    this.#hasStarted = true;
    this.#readHealth = watchHealth();
    this.#arm();
  }

  renew(credentials: Credentials): void {
    this.#entrance.renew(credentials);
  }

  /** No new arrivals or sends; what is due already still leaves, within the drain. */
  stop(drainMs: number): void {
    this.#stopped = true;
    const nowUs = this.#desk.clock.nowUs();
    this.#drainUntilUs = Math.min(this.#drainUntilUs, nowUs + drainMs * 1000);
    if (this.#phase === 'sending') this.#endSending(Math.min(nowUs, this.#desk.endUs));
  }

  /** Waits until every member has seen its room up to the given seq, or the drain is over. */
  settle(heads: readonly RoomHead[]): void {
    this.#targets = heads;
    this.#phase = 'settling';
    this.#arm();
  }

  async read(withinMs: number): Promise<string | null> {
    const { index, workers, runId, scenario } = this.#start;
    const planned = plannedUsers(scenario.stages);
    const roomCount = Math.ceil(planned / scenario.roomSize);
    const rooms: number[] = [];
    for (let room = index; room < roomCount; room += workers) rooms.push(room);
    const reader = planned + index;
    const way = scenario.pollingShare >= 1 ? 'polling' : 'lean';
    return await readLogs({
      runId,
      rooms,
      history: this.#history,
      clock: this.#desk.clock,
      withinMs,
      reader,
      // The reader comes the way the users come.
      dial: (listener) => this.#desk.dial(reader, way, undefined, listener),
    });
  }

  /** Everybody leaves; resolves when the history is written. */
  async finish(): Promise<void> {
    const { clock, drainUs } = this.#desk;
    const withinUs = this.#stopped ? Math.min(drainUs, leaveWithinStoppedUs) : drainUs;
    this.#leaveUntilUs = clock.nowUs() + withinUs;
    this.#phase = 'leaving';
    this.#crowd.goHome(clock.nowUs());
    this.#arm();
    await this.#everybodyLeft.promise;
    this.#phase = 'over';
    this.#disarm();
    await this.#http?.close();
    const nowUs = clock.nowUs();
    const end = this.#crowd.finish(nowUs, this.#stopped);
    await this.#history.flush();
    const last = this.#second(Math.ceil(nowUs / 1_000_000));
    this.#say({ kind: 'done', last, ...end });
  }

  /** Where the history goes on; `null`: nowhere. */
  historyTo(file: string | null): void {
    this.#historyMoved = true;
    if (file === null) this.#history.giveUp();
    else this.#history.moveTo(file);
  }

  /** For the last moment: what is in memory goes to the file. */
  abort(): void {
    this.#history.closeNow();
  }

  #httpLoad({ HttpLoad: Load }: typeof HttpModule): HttpModule.HttpLoad {
    const { pacer, history, measures } = this.#desk;
    return new Load({
      url: this.#entrance.url,
      path: this.#start.scenario.http.path,
      localAddress: (n) => sourceAddress(this.#entrance.url, n),
      pacer,
      clock: { nowUs: () => this.#desk.clock.nowUs() },
      history,
      measures,
      token: () => this.#entrance.requestToken(this.#desk.clock.nowUs()),
    });
  }

  /** Sets the one timer of this process to what is due next. */
  #arm(): void {
    if (this.#phase === 'over' || !this.#hasStarted) return;
    clearTimeout(this.#tick);
    this.#tickAtUs = Math.min(
      this.#desk.nextTimerUs,
      this.#nextSweepUs,
      this.#nextSecond * 1_000_000,
      this.#phase === 'sending'
        ? Math.min(this.#http?.nextUs ?? Infinity, this.#desk.endUs)
        : Infinity,
    );
    const waitMs = Math.ceil((this.#tickAtUs - this.#desk.clock.nowUs()) / 1000);
    this.#tick = setTimeout(
      () => {
        this.#onTick();
      },
      Math.max(0, waitMs),
    );
  }

  #disarm(): void {
    clearTimeout(this.#tick);
    this.#tickAtUs = -Infinity;
  }

  #onTick(): void {
    // Timers set while the due ones are worked off do not arm: that is done once, below.
    this.#tickAtUs = -Infinity;
    const nowUs = this.#desk.clock.nowUs();
    // Sends that fell due before the end are made even when the end is noticed in the same tick.
    this.#desk.fireTimers(nowUs, this.#crowd);
    const { endUs } = this.#desk;
    if (this.#phase === 'sending') {
      this.#http?.fire(Math.min(nowUs, endUs - 1));
      if (nowUs >= endUs) this.#endSending(endUs);
    }
    if (nowUs >= this.#nextSweepUs) this.#sweep(nowUs);
    if (nowUs >= this.#nextSecond * 1_000_000) {
      const second = Math.floor(nowUs / 1_000_000);
      this.#nextSecond = second + 1;
      this.#say(this.#second(second));
      this.#history.handOver();
    }
    this.#watchPhase(nowUs);
    this.#arm();
  }

  #sweep(nowUs: number): void {
    this.#nextSweepUs = nowUs + (this.#phase === 'sending' ? sweepUs : sweepUs / 10);
    this.#crowd.check(nowUs);
  }

  #endSending(endUs: number): void {
    this.#desk.endUs = endUs;
    this.#phase = 'draining';
    this.#drainUntilUs = Math.min(this.#drainUntilUs, endUs + this.#desk.drainUs);
    this.#nextSweepUs = 0;
    this.#crowd.endAt(endUs);
    this.#arm();
  }

  #watchPhase(nowUs: number): void {
    const isOver = nowUs >= this.#drainUntilUs;
    if (
      this.#phase === 'draining' &&
      (isOver || (this.#http?.isQuiet !== false && this.#crowd.isQuiet))
    ) {
      this.#phase = 'quiet';
      // Nothing leaves once a log may be read: what was acked by then must be in it.
      this.#crowd.endSending(nowUs);
      this.#say({ kind: 'quiet', heads: this.#desk.heads });
    } else if (this.#phase === 'settling' && (isOver || this.#crowd.hasSeen(this.#targets))) {
      this.#phase = 'quiet';
      this.#say({ kind: 'settled' });
    } else if (this.#phase === 'leaving' && (nowUs >= this.#leaveUntilUs || this.#crowd.isGone)) {
      this.#everybodyLeft.resolve();
    }
  }

  #second(second: number): WorkerSecond {
    const { measures } = this.#desk;
    const { counters } = measures;
    counters.refused = this.#crowd.refused;
    const report: WorkerSecond = {
      kind: 'second',
      second,
      counters: { ...counters },
      histograms: measures.takeHistograms(),
      problems: measures.takeProblems(),
      health: (this.#readHealth ??= watchHealth())(),
    };
    counters.usersPeak = counters.users;
    return report;
  }
}
