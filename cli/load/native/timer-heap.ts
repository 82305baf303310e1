/** A worker's due times: a binary heap of (time, tag) pairs in two flat arrays, no object a timer. */
export class TimerHeap {
  #times = new Float64Array(1024);
  #tags = new Int32Array(1024);
  #size = 0;

  /** The earliest time, or `Infinity`. */
  get nextUs(): number {
    return this.#size === 0 ? Infinity : (this.#times[0] ?? Infinity);
  }

  push(timeUs: number, tag: number): void {
    if (this.#size === this.#times.length) this.#grow();
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#timeAt(parent) <= timeUs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = timeUs;
    this.#tags[at] = tag;
  }

  /** Removes the earliest timer and returns its tag; -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const tag = this.#tags[0] ?? -1;
    this.#size -= 1;
    const timeUs = this.#timeAt(this.#size);
    const lastTag = this.#tags[this.#size] ?? -1;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#timeAt(child + 1) < this.#timeAt(child)) child += 1;
      if (timeUs <= this.#timeAt(child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#times[at] = timeUs;
    this.#tags[at] = lastTag;
    return tag;
  }

  #timeAt(index: number): number {
    return this.#times[index] ?? Infinity;
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#timeAt(from);
    this.#tags[to] = this.#tags[from] ?? -1;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const tags = new Int32Array(this.#tags.length * 2);
    times.set(this.#times);
    tags.set(this.#tags);
    this.#times = times;
    this.#tags = tags;
  }
}
