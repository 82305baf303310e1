/** Waits that end before what is waited for does; that may go on for a while, and nobody listens. */
import type { World } from '../world.ts';

/** @throws what `failed` makes, once the signal is aborted */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  failed: () => Error,
): Promise<T> {
  let tell = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    tell = () => reject(failed());
    signal.addEventListener('abort', tell);
    if (signal.aborted) tell();
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', tell);
  }
}

/** Whether it ended well in this time. */
export async function isDoneWithin(
  { clock }: Pick<World, 'clock'>,
  work: Promise<unknown>,
  ms: number,
): Promise<boolean> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).catch(() => undefined);
  const done = work.then(
    () => true,
    () => false,
  );
  const isDone = await Promise.race([done, late.then(() => false)]);
  over.abort();
  return isDone;
}
