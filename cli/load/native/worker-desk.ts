/** What a worker's users share: the clock, the dice, the history, and the timers that are set for them. */
import { pacerOf } from '../../scenario/pacer.ts';
import { salt, seededUnit } from '../../scenario/pacer-seed.ts';
import { judgesLateness, stageAt, stagesMs } from '../../scenario/timeline.ts';
import type { Channel, ChannelListener } from './channel.ts';
import type { Crowd } from './crowd.ts';
import type { Desk, Resume, TimerFor, UserKind } from './desk.ts';
import type { Entrance } from './entrance.ts';
import type { HistoryWriter } from './history-writer.ts';
import { createMeasures, type Measures } from './measures.ts';
import { runClock, type RunClock } from './run-clock.ts';
import { TimerHeap } from './timer-heap.ts';
import type { RoomHead, WorkerStart } from './worker-messages.ts';

const maxDrainUs = 10_000_000;
/** A timer's tag is user × this + what it is for. */
const timerKinds = 8;

export class WorkerDesk implements Desk {
  readonly runId: string;
  readonly scenario: WorkerStart['scenario'];
  readonly pacer: Desk['pacer'];
  clock: RunClock = notStarted;
  readonly history: HistoryWriter;
  readonly measures: Measures = createMeasures();
  readonly drainUs: number;
  endUs: number;
  readonly #worker: number;
  readonly #entrance: Entrance;
  readonly #timerSet: (atUs: number) => void;
  readonly #timers = new TimerHeap();
  readonly #heads = new Map<number, number>();
  readonly #anew = new Set<string>();
  #randoms = 0;

  /** `timerSet` is told of every timer, when it is set. */
  constructor(
    { runId, scenario, index }: WorkerStart,
    entrance: Entrance,
    history: HistoryWriter,
    timerSet: (atUs: number) => void,
  ) {
    this.runId = runId;
    this.scenario = scenario;
    this.pacer = pacerOf(scenario);
    this.endUs = stagesMs(scenario.stages) * 1000;
    this.drainUs = Math.min(scenario.drainMs * 1000, maxDrainUs);
    this.history = history;
    this.#worker = index;
    this.#entrance = entrance;
    this.#timerSet = timerSet;
  }

  /** Second 0 is at `startNs` of `process.hrtime`. */
  start(startNs: bigint): void {
    this.clock = runClock(startNs);
  }

  random(): number {
    this.#randoms += 1;
    return seededUnit(this.scenario.seed, salt.backoff, this.#worker, this.#randoms);
  }

  timer(atUs: number, user: number, what: TimerFor): void {
    this.#timers.push(atUs, user * timerKinds + what);
    this.#timerSet(atUs);
  }

  /** When the next timer is due; infinite when none is set. */
  get nextTimerUs(): number {
    return this.#timers.nextUs;
  }

  /** Tells the users of every timer that is due. */
  fireTimers(nowUs: number, users: Pick<Crowd, 'fire'>): void {
    for (let atUs = this.#timers.nextUs; atUs <= nowUs; atUs = this.#timers.nextUs) {
      const tag = this.#timers.pop();
      const user = Math.floor(tag / timerKinds);
      users.fire(user, (tag % timerKinds) as TimerFor, atUs, this.clock.nowUs());
    }
  }

  dial(
    user: number,
    kind: UserKind,
    resume: Resume | undefined,
    listener: ChannelListener,
  ): Channel {
    return this.#entrance.dial(user, kind, resume, listener, this.clock.nowUs());
  }

  isHold(dueUs: number): boolean {
    return judgesLateness(this.scenario.stages, stageAt(this.scenario.stages, dueUs / 1000));
  }

  noteHead(room: number, seq: number): void {
    if (seq > this.headOf(room)) this.#heads.set(room, seq);
  }

  headOf(room: number): number {
    return this.#heads.get(room) ?? 0;
  }

  noteAnew(epoch: string): void {
    this.#anew.add(epoch);
  }

  isAnew(epoch: string): boolean {
    return this.#anew.has(epoch);
  }

  /** The highest seq acked in each room. */
  get heads(): readonly RoomHead[] {
    return [...this.#heads];
  }
}

const notStarted: RunClock = { nowUs: () => -Infinity };
