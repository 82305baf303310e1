/** Sessions under way at once: more would measure the machine's queue and not the balance. */
const atOnce = 60;

/** `go` for every item, some at once; in the order of the items. Rejects when `signal` fires. */
export async function inParts<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  go: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    signal.throwIfAborted();
    done.push(...(await Promise.all(items.slice(from, from + atOnce).map(go))));
  }
  return done;
}

/** {@link inParts} for what stands until it is closed: nothing does when `signal` fires. */
export async function openInParts<T, R extends { close(): void }>(
  items: readonly T[],
  signal: AbortSignal,
  open: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const opened: R[] = [];
  try {
    return await inParts(items, signal, async (item) => {
      const one = await open(item);
      opened.push(one);
      return one;
    });
  } catch (error) {
    for (const one of opened) one.close();
    throw error;
  }
}
