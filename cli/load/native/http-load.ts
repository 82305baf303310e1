/** GET requests beside the chat, open loop: each leaves at its due time whatever the others do. */
import { Pool } from 'undici';

import { recordKind } from '../../samples/history.ts';
import type { Pacer } from '../../scenario/pacer.ts';
import type { HistoryWriter } from './history-writer.ts';
import type { Measures } from './measures.ts';
import type { RunClock } from './run-clock.ts';

const maxConnections = 64;
const answerWithinMs = 10_000;

export type HttpLoadOptions = {
  readonly url: URL;
  readonly path: string;
  readonly localAddress: string | undefined;
  readonly pacer: Pacer;
  readonly clock: RunClock;
  readonly history: HistoryWriter;
  readonly measures: Measures;
  /** A bearer token, minted anew where it can expire. */
  token(): string;
};

export class HttpLoad {
  readonly #options: HttpLoadOptions;
  readonly #pool: Pool;
  #k = 0;
  #open = 0;

  constructor(options: HttpLoadOptions) {
    this.#options = options;
    this.#pool = new Pool(options.url.origin, {
      connections: maxConnections,
      pipelining: 1,
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
      connect: {
        timeout: answerWithinMs,
        ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      },
    });
  }

  /** When the next request is due. */
  get nextUs(): number {
    return this.#options.pacer.httpDueUs(this.#k);
  }

  get isQuiet(): boolean {
    return this.#open === 0;
  }

  /** Sends every request due by now. */
  fire(nowUs: number): void {
    for (let dueUs = this.nextUs; dueUs <= nowUs; dueUs = this.nextUs) {
      this.#k += 1;
      void this.#request(dueUs, nowUs);
    }
  }

  /** Breaks off what has no answer yet; it is recorded as unanswered. */
  async close(): Promise<void> {
    await this.#pool.destroy().catch(() => undefined);
  }

  async #request(dueUs: number, sentUs: number): Promise<void> {
    const { path, clock, history, measures } = this.#options;
    let status = 0;
    this.#open += 1;
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path,
        headers: { authorization: `Bearer ${this.#options.token()}` },
      });
      await body.dump({ limit: Infinity });
      status = statusCode;
    } catch (error) {
      measures.problem(`GET ${path}: ${reason(error)}`);
    }
    this.#open -= 1;
    const tookUs = clock.nowUs() - dueUs;
    const waitedUs = Math.min(sentUs - dueUs, 0xffffff);
    const statusClass = Math.floor(status / 100);
    if (status >= 400) measures.problem(`GET ${path}: HTTP ${status}`);
    if (statusClass !== 2 && statusClass !== 3) measures.counters.httpErrors += 1;
    measures.counters.http += 1;
    if (status !== 0) {
      measures.histograms.http.record(tookUs);
      measures.histograms.httpService.record(tookUs - waitedUs);
    }
    history.add(recordKind.http, statusClass, 0, 0, 0, waitedUs, tookUs, dueUs);
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
