/** Whether the logs of all rooms were read at the end of a run, as its workers told. */
import type { DriveResult } from '../driver.ts';

export class FinalRead {
  readonly #reasons: string[] = [];
  readonly #workers = new Set<number>();

  /** A worker has read its rooms (`null`), or says why it could not. */
  told(worker: number, why: string | null): void {
    if (why !== null) this.#reasons.push(why);
    this.#workers.add(worker);
  }

  /** The first reason there is: `before`, one of those told, or that a worker told nothing. */
  result(
    workers: number,
    before: string | undefined,
    isAborted: boolean,
  ): DriveResult['finalRead'] {
    const why =
      before ??
      this.#reasons[0] ??
      (isAborted ? 'the run was aborted' : undefined) ??
      (this.#workers.size < workers ? 'a load worker died before it' : undefined);
    return why === undefined ? { done: true, why: null } : { done: false, why };
  }
}
