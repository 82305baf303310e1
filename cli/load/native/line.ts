/** One user's connection: dialled when due and again after a break; what it took to get it. */
import { recordKind } from '../../samples/history.ts';
import type { Attempts } from './attempts.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { timerFor, type Desk, type Resume, type UserKind } from './desk.ts';

const cap24 = 0xffffff;
const never = -1;

export class Line {
  readonly #desk: Desk;
  readonly #user: number;
  readonly #kind: UserKind;
  readonly #attempts: Attempts;
  #channel: Channel | undefined;
  #redialAtUs = never;
  #dueUs = 0;
  #dialedUs = 0;

  constructor(desk: Desk, user: number, kind: UserKind, attempts: Attempts) {
    this.#desk = desk;
    this.#user = user;
    this.#kind = kind;
    this.#attempts = attempts;
  }

  /** From the dial on, until it is refused or broken. */
  get channel(): Channel | undefined {
    return this.#channel;
  }

  dial(dueUs: number, nowUs: number, resume: Resume | undefined, listener: ChannelListener): void {
    this.#attempts.made();
    this.#redialAtUs = never;
    this.#dueUs = Math.round(dueUs);
    this.#dialedUs = nowUs;
    this.#record(recordKind.connectDue, 0, 0, 0, this.#dueUs);
    this.#channel = this.#desk.dial(this.#user, this.#kind, resume, listener);
  }

  /** Sets the timer of the next dial. */
  redialLater(nowUs: number): void {
    this.#redialAtUs = Math.round(nowUs + this.#attempts.nextWaitMs() * 1000);
    this.#desk.timer(this.#redialAtUs, this.#user, timerFor.redial);
  }

  /** Whether this is the timer that is waited for, and not one that was replaced. */
  isRedialDue(atUs: number): boolean {
    return atUs === this.#redialAtUs;
  }

  dialNoMore(): void {
    this.#redialAtUs = never;
  }

  /** In the namespace. */
  connected(nowUs: number): void {
    const { counters, histograms } = this.#desk.measures;
    const waitedUs = Math.max(0, this.#dialedUs - this.#dueUs);
    const tookUs = nowUs - this.#dueUs;
    const transport = this.#kind === 'polling' ? 1 : 0;
    counters.connects += 1;
    counters.connected += 1;
    histograms.connect.record(tookUs);
    histograms.connectService.record(tookUs - waitedUs);
    this.#record(recordKind.connected, transport, Math.min(waitedUs, cap24), tookUs, nowUs);
  }

  /** It was refused, or is given up before it was there. */
  drop(): void {
    this.#channel = undefined;
  }

  /** It was, and is no more: thrown off, or `meant` by the user. */
  ended(meant: boolean, nowUs: number): void {
    this.#desk.measures.counters.connected -= 1;
    this.#channel = undefined;
    this.#record(recordKind.disconnected, meant ? 1 : 0, 0, 0, nowUs);
  }

  #record(kind: number, code: number, n: number, value: number, atUs: number): void {
    this.#desk.history.add(kind, code, this.#user, 0, 0, n, value, atUs);
  }
}
