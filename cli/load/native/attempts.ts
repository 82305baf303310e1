/** One user's attempts to get in, and what they came to: was it ever let in, what failed, how long to wait. */
import { recordKind } from '../../samples/history.ts';
import { backoffMs } from './backoff.ts';
import type { Desk } from './desk.ts';

export class Attempts {
  readonly #desk: Desk;
  readonly #user: number;
  #wasMade = false;
  #succeeded = false;
  #wasThrownOff = false;
  #failures = 0;
  /** Waits since it was last in its room. */
  #waits = 0;

  constructor(desk: Desk, user: number) {
    this.#desk = desk;
    this.#user = user;
  }

  /** The user is dialled; counts once. */
  made(): void {
    if (!this.#wasMade) this.#desk.measures.counters.attempted += 1;
    this.#wasMade = true;
  }

  /** The user is in its room. */
  succeeded(): void {
    this.#succeeded = true;
    this.#waits = 0;
  }

  /** A new session: its first wait is a short one. */
  restart(): void {
    this.#waits = 0;
  }

  /** How long to wait before the next attempt; `saidMs`: as the server asks. */
  nextWaitMs(saidMs?: number): number {
    const waitMs = saidMs ?? backoffMs(this.#waits, this.#desk.random());
    this.#waits += 1;
    return waitMs;
  }

  /** The other side ended its connection; counts once. */
  thrownOff(why: string): void {
    this.#desk.measures.problem(`thrown off: ${why}`);
    if (!this.#wasThrownOff) this.#desk.measures.counters.thrownOff += 1;
    this.#wasThrownOff = true;
  }

  /** Tried, and never got in; `stopped`: a dial cut short by the end of the run is no refusal. */
  isRefused(stopped: boolean): boolean {
    return this.#wasMade && !this.#succeeded && (this.#failures > 0 || !stopped);
  }

  connectFailed(code: number, text: string, nowUs: number): void {
    this.#desk.measures.counters.connectErrors += 1;
    this.#failed(recordKind.connectFailed, code, 0, text, nowUs);
  }

  joinFailed(code: number, room: number, text: string, nowUs: number): void {
    this.#desk.measures.counters.joinErrors += 1;
    this.#failed(recordKind.joinFailed, code, room, text, nowUs);
  }

  #failed(kind: number, code: number, room: number, text: string, nowUs: number): void {
    this.#failures += 1;
    this.#desk.measures.problem(text);
    this.#desk.history.add(kind, code, this.#user, room, 0, 0, 0, nowUs);
  }
}
