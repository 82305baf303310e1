/** How long a member is away after it was thrown off, until it is back with all it missed. */
import type { Measures } from './measures.ts';

export class Absence {
  readonly #measures: Measures;
  /** -1 while it is not away. */
  #sinceUs = -1;

  constructor(measures: Measures) {
    this.#measures = measures;
  }

  /** Thrown off; once more before it was back changes nothing. */
  begin(nowUs: number): void {
    if (this.#sinceUs === -1) this.#sinceUs = nowUs;
  }

  end(nowUs: number): void {
    if (this.#sinceUs === -1) return;
    this.#measures.counters.reconnects += 1;
    this.#measures.histograms.resume.record(nowUs - this.#sinceUs);
    this.#sinceUs = -1;
  }

  /** A new session: the one before ended away. */
  reset(): void {
    this.#sinceUs = -1;
  }
}
