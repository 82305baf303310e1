/** A run's ticks: one for each second, as soon as every living worker has told of it. */
import type { Tick } from '../../samples/tick.ts';
import type { Tally } from './tally.ts';
import { tickStream } from './tick-stream.ts';

/** How long after its end a second is closed without the workers that are late. */
const graceMs = 700;

export class Ticker {
  readonly #tally: Tally;
  readonly #sinceStartMs: () => number;
  readonly #stream = tickStream<Tick>();
  #second = 1;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(tally: Tally, sinceStartMs: () => number) {
    this.#tally = tally;
    this.#sinceStartMs = sinceStartMs;
  }

  get ticks(): AsyncIterable<Tick> {
    return this.#stream.values;
  }

  /** Time 0 is fixed. */
  start(): void {
    clearTimeout(this.#timer);
    const dueMs = this.#second * 1000 + graceMs - this.#sinceStartMs();
    this.#timer = setTimeout(
      () => {
        this.#tick();
      },
      Math.max(0, dueMs),
    );
  }

  /** One of the workers that live has told of a second. */
  told(alive: readonly number[]): void {
    if (!this.#isOver && this.#tally.hasAll(this.#second, alive)) this.#tick();
  }

  /** What came after the last whole second. */
  conclude(durationMs: number): void {
    if (durationMs > (this.#tally.points.at(-1)?.t ?? 0)) {
      this.#stream.push(this.#tally.close(durationMs));
    }
  }

  /** No tick comes any more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Whoever reads the ticks has them all. */
  end(): void {
    this.#stream.end();
  }

  #tick(): void {
    this.#stream.push(this.#tally.close(this.#second * 1000));
    this.#second = Math.max(this.#second + 1, Math.floor((this.#sinceStartMs() + 1) / 1000));
    this.start();
  }
}
