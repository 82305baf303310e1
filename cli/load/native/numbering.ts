/** What a member sees of its room's numbering: how far it got, what came twice, late or not at all. */
import { Holes } from './holes.ts';
import type { Counters } from './measures.ts';

export class Numbering {
  readonly #counters: Counters;
  #lastSeq = 0;
  /** A broadcast came on this connection: from then on its numbers have no holes. */
  #follows = false;
  #holes: Holes | undefined;
  #restarted = false;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** The highest seq seen, or learnt from the server. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Whether it got as far as `seq`, or nobody can tell: a head may be of the numbering before. */
  hasReached(seq: number): boolean {
    return this.#restarted || this.#lastSeq >= seq;
  }

  /** The session ends: what has not come by now does not. */
  end(): void {
    this.check(Infinity);
  }

  /** A new session. */
  reset(): void {
    this.#lastSeq = 0;
    this.#follows = false;
    this.#holes = undefined;
    this.#restarted = false;
  }

  /** The room is counted anew, under another epoch: what was seen says nothing of what comes. */
  restart(): void {
    this.reset();
    this.#restarted = true;
  }

  /** The server said that it got this far. */
  raise(seq: number): void {
    this.#lastSeq = Math.max(this.#lastSeq, seq);
  }

  breakOff(): void {
    this.#follows = false;
  }

  /** A broadcast; `steady`: of a member that is in its room and missed nothing before. */
  note(seq: number, nowUs: number, steady: boolean): void {
    this.#counters.delivered += 1;
    if (seq > this.#lastSeq) {
      if (this.#follows && seq > this.#lastSeq + 1) this.#open(seq, nowUs);
      this.#lastSeq = seq;
      this.#follows = steady;
    } else if (this.#holes?.fill(seq) === true) {
      this.#counters.outOfOrder += 1;
    } else {
      this.#counters.repeated += 1;
    }
  }

  check(nowUs: number): void {
    if (this.#holes !== undefined) this.#counters.missing += this.#holes.giveUp(nowUs);
  }

  #open(seq: number, nowUs: number): void {
    this.#holes ??= new Holes();
    this.#holes.open(this.#lastSeq, seq, nowUs);
  }
}
