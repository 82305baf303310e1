/** All users of one worker. */
import { plannedUsers, sessionsOf } from '../../scenario/timeline.ts';
import { ChatUser } from './chat-user.ts';
import type { Desk, TimerFor, UserKind } from './desk.ts';
import { userKinds } from './user-kinds.ts';
import type { FromWorker, RoomHead, WorkerStart } from './worker-messages.ts';

/** How the users of a worker ended. */
export type CrowdEnd = Pick<
  Extract<FromWorker, { kind: 'done' }>,
  'lost' | 'refused' | 'leanUsers' | 'clientUsers'
>;

export class Crowd {
  readonly #users = new Map<number, ChatUser>();

  /** Lays out the users that are this worker's. */
  constructor(desk: Desk, start: WorkerStart) {
    for (const [index, kind] of ownUsers(start)) {
      const sessions = sessionsOf(start.scenario, index);
      this.#users.set(index, new ChatUser(desk, index, kind, sessions));
    }
  }

  /** A user's timer. */
  fire(user: number, what: TimerFor, atUs: number, nowUs: number): void {
    this.#users.get(user)?.fire(what, atUs, nowUs);
  }

  /** Deadlines; called a few times a second. */
  check(nowUs: number): void {
    for (const user of this.#users.values()) user.check(nowUs);
  }

  /** Nothing new falls due from then on. */
  endAt(untilUs: number): void {
    for (const user of this.#users.values()) user.endAt(untilUs);
  }

  /** From now on nothing leaves. */
  endSending(nowUs: number): void {
    for (const user of this.#users.values()) user.endSending(nowUs);
  }

  /** Everybody leaves. */
  goHome(nowUs: number): void {
    for (const user of this.#users.values()) user.goHome(nowUs);
  }

  get isQuiet(): boolean {
    for (const user of this.#users.values()) if (!user.isQuiet) return false;
    return true;
  }

  get isGone(): boolean {
    for (const user of this.#users.values()) if (!user.isGone) return false;
    return true;
  }

  /** Whether every member has seen its room up to the head given, if one is. */
  hasSeen(heads: readonly RoomHead[]): boolean {
    const seqs = new Map(heads);
    for (const user of this.#users.values()) {
      if (!user.hasSeen(seqs.get(user.room) ?? 0)) return false;
    }
    return true;
  }

  /** Users that tried and never got in so far. */
  get refused(): number {
    let refused = 0;
    for (const user of this.#users.values()) if (user.isRefused(true)) refused += 1;
    return refused;
  }

  /** Who is still there goes at once; `stopped`: a dial cut short by the end is no refusal. */
  finish(nowUs: number, stopped: boolean): CrowdEnd {
    const end = { lost: 0, refused: 0, leanUsers: 0, clientUsers: 0 };
    for (const user of this.#users.values()) {
      user.finish(nowUs);
      if (user.isLost) end.lost += 1;
      if (user.isRefused(stopped)) end.refused += 1;
      if (user.kind === 'client') end.clientUsers += 1;
      if (user.kind === 'lean') end.leanUsers += 1;
    }
    return end;
  }
}

/** The users of a worker, and which client each runs. */
export function* ownUsers(start: WorkerStart): Generator<readonly [index: number, kind: UserKind]> {
  const { scenario, index, workers } = start;
  const kindOf = userKinds(scenario, workers);
  const planned = plannedUsers(scenario.stages);
  for (let user = index; user < planned; user += workers) yield [user, kindOf(user)];
}
