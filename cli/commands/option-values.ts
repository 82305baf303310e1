/** How the words after an option are read, and what a verb ends with. */
import { InvalidArgumentError } from 'commander';

import type { ExitCode } from '../exit-code.ts';

/** Called once, at the end of a verb. `told`: it has said itself what stdout did not take. */
export type Done = (code: ExitCode, stdout?: 'told') => void;

/** For an option that may be given again. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

/** @throws InvalidArgumentError */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port from 1 to 65535 is expected.');
}
