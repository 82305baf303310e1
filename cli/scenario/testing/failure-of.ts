import { Failure } from '../../failure.ts';

/** The failure that `act` ends with. Anything else it throws is thrown on; so is its success. */
export function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('there was no failure');
}
