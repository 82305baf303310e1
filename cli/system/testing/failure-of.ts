/** The failure that work ends with, for tests that look at more than its message. */
import { Failure } from '../../failure.ts';

/** Throws when it does not fail, or with another error. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error;
}
