/** Values pushed on one side, iterated on the other; nothing is lost when the reader is slow or late. */
export type TickStream<T> = {
  push(value: T): void;
  end(): void;
  readonly values: AsyncIterable<T>;
};

export function tickStream<T>(): TickStream<T> {
  const waiting: T[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  async function* drain(): AsyncGenerator<T> {
    for (;;) {
      const value = waiting.shift();
      if (value !== undefined) {
        yield value;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return {
    push(value) {
      waiting.push(value);
      wake?.();
    },
    end() {
      ended = true;
      wake?.();
    },
    values: drain(),
  };
}
