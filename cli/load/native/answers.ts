/**
 * What the parent asks its workers, and the wait for an answer from each that lives. None is waited
 * for without an end: who is late is ended, and the run goes on without it.
 */
import type { FromWorker } from './worker-messages.ts';
import type { WorkerProcess } from './worker-pool.ts';

type Kind = FromWorker['kind'];

/** What a worker comes to by itself when it is told to stop. */
const hurried: ReadonlySet<Kind> = new Set(['quiet', 'settled']);

export class Answers {
  readonly #onLate: (worker: WorkerProcess, kind: Kind) => void;
  readonly #awaited = new Map<string, () => void>();
  /** Answers that came before they were asked for. */
  readonly #early = new Set<string>();
  readonly #dismissed = Promise.withResolvers<void>();
  readonly #hurried = Promise.withResolvers<void>();
  #isDismissed = false;

  /** `onLate` is told before the worker is ended. */
  constructor(onLate: (worker: WorkerProcess, kind: Kind) => void) {
    this.#onLate = onLate;
  }

  /** A worker said this. */
  heard({ index }: WorkerProcess, kind: Kind): void {
    const key = `${kind} ${index}`;
    const answered = this.#awaited.get(key);
    if (answered === undefined) this.#early.add(key);
    else answered();
  }

  /** Nobody is waited for any more, now and later. */
  dismiss(): void {
    this.#isDismissed = true;
    this.#dismissed.resolve();
  }

  /** Who has not come to rest by now is late. */
  hurry(): void {
    this.#hurried.resolve();
  }

  /** Asks every living worker and waits until each has answered, died, or let the time pass. */
  async ofAll(
    workers: readonly WorkerProcess[],
    kind: Kind,
    withinMs: number,
    ask: (worker: WorkerProcess) => void = () => undefined,
  ): Promise<void> {
    await Promise.all(workers.map(async (worker) => this.#of(worker, kind, withinMs, ask)));
  }

  async #of(
    worker: WorkerProcess,
    kind: Kind,
    withinMs: number,
    ask: (worker: WorkerProcess) => void,
  ): Promise<void> {
    const key = `${kind} ${worker.index}`;
    if (worker.isGone || this.#isDismissed || this.#early.delete(key)) return;
    const { promise, resolve } = Promise.withResolvers<'over' | 'late'>();
    this.#awaited.set(key, () => {
      resolve('over');
    });
    ask(worker);
    const timer = setTimeout(() => {
      resolve('late');
    }, withinMs);
    void Promise.race([worker.gone, this.#dismissed.promise]).then(() => {
      resolve('over');
    });
    if (hurried.has(kind)) {
      void this.#hurried.promise.then(() => {
        resolve('late');
      });
    }
    const end = await promise;
    clearTimeout(timer);
    this.#awaited.delete(key);
    if (end === 'over') return;
    this.#onLate(worker, kind);
    worker.kill();
    await worker.gone;
  }
}
