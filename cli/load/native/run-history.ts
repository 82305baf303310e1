/** Where the workers of a run write its history: one folder for all, which may change once. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import type { DriveInput } from '../driver.ts';
import { markEnded } from './ended-mark.ts';

export class RunHistory {
  readonly #input: Pick<DriveInput, 'historyDir' | 'moveHistory'>;
  #dir: string;
  #error: string | undefined;

  constructor(input: Pick<DriveInput, 'historyDir' | 'moveHistory'>) {
    this.#input = input;
    this.#dir = input.historyDir;
  }

  /** Where it is now. */
  get dir(): string {
    return this.#dir;
  }

  /** Why it is not whole; the first reason. */
  get error(): string | undefined {
    return this.#error;
  }

  fileOf(worker: number): string {
    return path.join(this.#dir, `worker-${worker}.bin`);
  }

  /** Makes the folder; fails (120) where none can be made. */
  makeFolder(): void {
    const folder = this.#dir;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new Failure(
        exitCode.notReady,
        `The folder for the history could not be made: ${folder}`,
        { why: (error as Error).message, cause: error },
      );
    }
  }

  /**
   * A worker cannot write (`text`); `moved`: in the folder that it was told to go on in. `moves`: all
   * workers go on in the other folder, so that the history stays in one. `moves already`: this one
   * could not know yet. `ends`: there is no folder left.
   */
  failed(text: string, moved: boolean): 'moves' | 'moves already' | 'ends' {
    const isMoved = this.#dir !== this.#input.historyDir;
    if (isMoved && !moved) return 'moves already';
    const to = isMoved ? null : (this.#input.moveHistory?.(text) ?? null);
    if (to === null) {
      this.#error ??= text;
      return 'ends';
    }
    this.#dir = to;
    return 'moves';
  }

  /** A worker of so many ended before its time. */
  markEnded(worker: number, workers: number): void {
    try {
      markEnded(this.#dir, worker, workers);
    } catch (error) {
      this.#error ??= `the history could not be written: ${(error as Error).message}`;
    }
  }
}
