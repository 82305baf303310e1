/**
 * GET requests beside the chat, open loop: each leaves at its due time whatever the others do. A
 * share of them open a connection of their own, as a new visitor does; the others go over kept ones.
 */
import { buildConnector, Client, Pool } from 'undici';
import type { Dispatcher } from 'undici';

import { httpResetCode, recordKind } from '../../samples/history.ts';
import type { Pacer } from '../../scenario/pacer.ts';
import type { HistoryWriter } from './history-writer.ts';
import type { Measures } from './measures.ts';
import type { RunClock } from './run-clock.ts';

const maxConnections = 64;
/** Requests on connections of their own that may wait for their answers at once. */
const maxFresh = 1000;
const answerWithinMs = 10_000;

export type HttpLoadOptions = {
  readonly url: URL;
  readonly path: string;
  /** Where connection `n` comes from; `undefined`: the system decides. */
  localAddress(n: number): string | undefined;
  readonly pacer: Pacer;
  readonly clock: RunClock;
  readonly history: HistoryWriter;
  readonly measures: Measures;
  /** A bearer token, minted anew where it can expire. */
  token(): string;
};

export class HttpLoad {
  readonly #options: HttpLoadOptions;
  readonly #kept: Pool;
  readonly #fresh: Pool;
  #connections = 0;
  #k = 0;
  #open = 0;

  constructor(options: HttpLoadOptions) {
    this.#options = options;
    this.#kept = this.#pool({ connections: maxConnections, pipelining: 1 });
    // Without pipelining a connection carries one request.
    this.#fresh = this.#pool({ connections: maxFresh, pipelining: 0 });
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
      const pool = this.#options.pacer.isFreshHttp(this.#k) ? this.#fresh : this.#kept;
      this.#k += 1;
      void this.#request(pool, dueUs, nowUs);
    }
  }

  /** Breaks off what has no answer yet; it is recorded as unanswered. */
  async close(): Promise<void> {
    await Promise.all(
      [this.#kept, this.#fresh].map(async (pool) => await pool.destroy().catch(() => undefined)),
    );
  }

  #pool(how: { readonly connections: number; readonly pipelining: 0 | 1 }): Pool {
    const { url, localAddress } = this.#options;
    const dial = buildConnector({ timeout: answerWithinMs });
    return new Pool(url.origin, {
      ...how,
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
      // Many sources: the ports of one run out where each request leaves one waiting behind.
      connect: (to, done) => {
        const from = localAddress(this.#connections);
        this.#connections += 1;
        dial({ ...to, ...(from === undefined ? {} : { localAddress: from }) }, done);
      },
      factory: (origin, options) => new WatchedClient(origin, options),
    });
  }

  async #request(pool: Pool, dueUs: number, sentUs: number): Promise<void> {
    const { path, clock, history, measures } = this.#options;
    const way: Way = { opened: false };
    let code = 0;
    this.#open += 1;
    try {
      const { statusCode, body } = await pool.request({
        method: 'GET',
        path,
        headers: { authorization: `Bearer ${this.#options.token()}` },
        opaque: way,
      });
      await answered(body);
      code = Math.floor(statusCode / 100);
      if (statusCode >= 400) measures.problem(`GET ${path}: HTTP ${statusCode}`);
    } catch (error) {
      // Only on a kept connection may both ends close and send at the same moment.
      const isReset = !way.opened && !(error instanceof CutOff) && isClosedByPeer(error);
      if (isReset) code = httpResetCode;
      measures.problem(
        `GET ${path}: ${reason(error)}${isReset ? ' on a kept connection, before any answer' : ''}`,
      );
    }
    this.#open -= 1;
    const tookUs = clock.nowUs() - dueUs;
    const waitedUs = Math.min(sentUs - dueUs, 0xffffff);
    this.#count(code, way);
    if (code !== 0 && code !== httpResetCode) {
      measures.histograms.http.record(tookUs);
      measures.histograms.httpService.record(tookUs - waitedUs);
    }
    const peer = way.opened ? 1 : 0;
    history.add(recordKind.http, code, 0, 0, peer, waitedUs, tookUs, dueUs);
  }

  #count(code: number, way: Way): void {
    const { counters } = this.#options.measures;
    const isError = code !== 2 && code !== 3;
    counters.http += 1;
    if (isError) counters.httpErrors += 1;
    if (code === httpResetCode) counters.httpReusedResets += 1;
    if (!way.opened) return;
    counters.httpFresh += 1;
    if (isError) counters.httpFreshErrors += 1;
  }
}

/** How a request went out: over a connection that was opened, or tried, for it, or over a kept one. */
type Way = { opened: boolean };

/** One connection at a time. What undici keeps to itself: for which request a connection was opened. */
class WatchedClient extends Client {
  constructor(origin: URL, options: object) {
    super(origin, options);
    // It dials only when a request waits, so that request is the one it dials for.
    const opened = (): void => {
      if (this.#way !== undefined) this.#way.opened = true;
    };
    this.on('connect', opened);
    this.on('connectionError', opened);
  }

  #way: Way | undefined;

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    const { opaque } = options as { readonly opaque?: unknown };
    this.#way = isWay(opaque) ? opaque : undefined;
    return super.dispatch(options, handler);
  }
}

function isWay(value: unknown): value is Way {
  return typeof value === 'object' && value !== null && 'opened' in value;
}

/** The answer had begun. */
class CutOff extends Error {}

async function answered(body: Dispatcher.ResponseData['body']): Promise<void> {
  try {
    await body.dump({ limit: Infinity });
  } catch (error) {
    throw new CutOff(`the answer was cut off: ${reason(error)}`);
  }
}

const closedCodes: ReadonlySet<string | undefined> = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

function isClosedByPeer(error: unknown): boolean {
  return closedCodes.has((error as NodeJS.ErrnoException).code);
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
