/** When one user comes and goes: its sessions, one after the other. */
import type { Session } from '../../scenario/timeline.ts';
import { timerFor, type Desk } from './desk.ts';

export class Itinerary {
  readonly #desk: Desk;
  readonly #user: number;
  readonly #sessions: readonly Session[];
  #session = -1;

  constructor(desk: Desk, user: number, sessions: readonly Session[]) {
    this.#desk = desk;
    this.#user = user;
    this.#sessions = sessions;
  }

  /** When the session that runs ends, µs since run start. */
  get endUs(): number {
    return Math.round((this.#sessions[this.#session]?.toMs ?? 0) * 1000);
  }

  /** Nobody is due back before it has left: how long that took is not the connection's. */
  planArrival(notBeforeUs: number): void {
    const next = this.#sessions[this.#session + 1];
    if (next === undefined) return;
    const atUs = Math.max(Math.round(next.fromMs * 1000), notBeforeUs);
    this.#desk.timer(atUs, this.#user, timerFor.arrive);
  }

  /** The next session begins; its end is set. */
  begin(): void {
    this.#session += 1;
    this.#desk.timer(this.endUs, this.#user, timerFor.leave);
  }
}
