/** Numbers that grow in number, 8 bytes each: where there are millions, an object each is too much. */
export class Column {
  #values = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** `i` below `length`. */
  at(i: number): number {
    return this.#values[i] ?? Number.NaN;
  }

  put(i: number, value: number): void {
    this.#values[i] = value;
  }

  /** A copy of what there is, upwards. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.#length).sort();
  }
}
