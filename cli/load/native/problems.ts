/** How often each problem was met, by its text. */
import { unsentText } from '../driver.ts';

/** Texts quote the other side, which may put an id into each of its answers. */
const mostTexts = 200;

export class Problems {
  readonly #counts = new Map<string, number>();

  /** What is one text too many is counted as `other`. */
  add(text: string, count = 1): void {
    const isKept = this.#counts.has(text) || this.#counts.size < mostTexts || text === unsentText;
    this.tell(isKept ? text : 'other', count);
  }

  /** A problem in the engine's own words: always by its text. */
  tell(text: string, count = 1): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + count);
  }

  /** Text → count, the commonest first. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted((a, b) => b[1] - a[1]));
  }

  clear(): void {
    this.#counts.clear();
  }
}
