/** A user's stay in its room, one a session: from its first entry until it leaves, breaks and all. */
import { recordKind } from '../../samples/history.ts';
import type { Desk } from './desk.ts';

export class Stay {
  readonly #desk: Desk;
  readonly #user: number;
  readonly #room: number;
  #isMember = false;
  #isLost = false;

  constructor(desk: Desk, user: number, room: number) {
    this.#desk = desk;
    this.#user = user;
    this.#room = room;
  }

  /** True from the first entry on, while thrown off too. */
  get isMember(): boolean {
    return this.#isMember;
  }

  /** The last stay ended away. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** A new session. */
  reset(): void {
    this.#isMember = false;
    this.#isLost = false;
  }

  /** In its room now. Whether for the first time in this session. */
  entered(): boolean {
    const { counters } = this.#desk.measures;
    const isFirst = !this.#isMember;
    this.#isMember = true;
    this.#isLost = false;
    counters.users += 1;
    counters.usersPeak = Math.max(counters.usersPeak, counters.users);
    return isFirst;
  }

  /** It is not there any more, for now or for good. */
  interrupted(): void {
    this.#desk.measures.counters.users -= 1;
  }

  /**
   * The session ends; `seq` where the server said up to where it was sent the room. One that is not in
   * its room then, thrown off and not back, is lost: it ends away.
   */
  end(isIn: boolean, seq: number | undefined, nowUs: number): void {
    if (isIn) {
      this.#left(seq === undefined ? 0 : 1, seq ?? 0, nowUs);
    } else if (this.#isMember) {
      this.#isLost = true;
      this.#left(2, 0, nowUs);
    }
    this.#isMember = false;
  }

  #left(code: number, seq: number, atUs: number): void {
    this.#desk.history.add(recordKind.left, code, this.#user, this.#room, 0, 0, seq, atUs);
  }
}
