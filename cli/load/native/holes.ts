/** Holes in what a member sees of its room's numbering, until they are filled or given up. */

/** A message that comes later than this after the next one is not on its way. */
const givenUpAfterUs = 2_000_000;
/** A jump of the numbering beyond this is another numbering, not that many messages. */
const mostHoles = 1000;

/** Most members never have one: it is made when the first hole opens. */
export class Holes {
  /** Seq → when it was seen to be missing, µs. In the order they opened. */
  readonly #since = new Map<number, number>();

  /** What lies between the highest seq seen and a new one has not come. */
  open(after: number, before: number, nowUs: number): void {
    for (let seq = after + 1; seq < before && this.#since.size < mostHoles; seq += 1) {
      this.#since.set(seq, nowUs);
    }
  }

  /** Whether this seq was missing; it is no longer. */
  fill(seq: number): boolean {
    return this.#since.delete(seq);
  }

  /** How many are given up now. */
  giveUp(nowUs: number): number {
    let count = 0;
    for (const [seq, sinceUs] of this.#since) {
      if (nowUs - sinceUs < givenUpAfterUs) break;
      this.#since.delete(seq);
      count += 1;
    }
    return count;
  }
}
