/** Many questions, a few at a time. */

/** The answers in the order of the items; at most `limit` are under way at once. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  ask: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = Array.from({ length: items.length });
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) answers[index] = await ask(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return answers;
}
