/**
 * GET requests beside the chat, open loop: each leaves at its due time whatever the others do. A
 * share of them open a connection of their own, as a new visitor does; the others go over kept ones.
 */
import type { Socket } from 'node:net';

import { buildConnector, Client, Pool } from 'undici';

import { httpGivenUpCode, httpResetCode, recordKind } from '../../samples/history.ts';
import type { Pacer } from '../../scenario/pacer.ts';
import type { HistoryWriter } from './history-writer.ts';
import type { Measures } from './measures.ts';
import type { RunClock } from './run-clock.ts';
import { TimerHeap } from './timer-heap.ts';

const maxConnections = 64;
/** Requests on connections of their own that may wait for their answers at once. */
const maxFresh = 1000;
/** Given up: without an answer so long after it left, or without a connection so long after it was due. */
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
  readonly #kept: Lane;
  readonly #fresh: Lane;
  #connections = 0;
  #k = 0;
  #isOver = false;

  constructor(options: HttpLoadOptions) {
    this.#options = options;
    this.#kept = new Lane(
      this.#pool({ connections: maxConnections, pipelining: 1 }),
      maxConnections,
    );
    // Without pipelining a connection carries one request.
    this.#fresh = new Lane(this.#pool({ connections: maxFresh, pipelining: 0 }), maxFresh);
  }

  /** When the next request is due. */
  get nextUs(): number {
    return this.#options.pacer.httpDueUs(this.#k);
  }

  get isQuiet(): boolean {
    return this.#kept.isQuiet && this.#fresh.isQuiet;
  }

  /** Sends every request due by now for which there is a connection; the others wait for one. */
  fire(nowUs: number): void {
    for (let dueUs = this.nextUs; dueUs <= nowUs; dueUs = this.nextUs) {
      const lane = this.#options.pacer.isFreshHttp(this.#k) ? this.#fresh : this.#kept;
      this.#k += 1;
      lane.wait(dueUs);
    }
    this.#goOn(this.#kept);
    this.#goOn(this.#fresh);
  }

  /** Breaks off what has no answer yet; it is recorded as given up. */
  async close(): Promise<void> {
    this.#isOver = true;
    for (const lane of [this.#kept, this.#fresh]) this.#giveUp(lane, Infinity);
    await Promise.all(
      [this.#kept, this.#fresh].map(({ pool }) => pool.destroy().catch(() => undefined)),
    );
  }

  #goOn(lane: Lane): void {
    this.#giveUp(lane, this.#options.clock.nowUs() - answerWithinMs * 1000);
    for (let dueUs = lane.take(); dueUs !== undefined; dueUs = lane.take()) {
      void this.#request(lane, dueUs);
    }
  }

  /** Those that were due by then and still have no connection. */
  #giveUp(lane: Lane, dueByUs: number): void {
    for (let dueUs = lane.giveUp(dueByUs); dueUs !== undefined; dueUs = lane.giveUp(dueByUs)) {
      this.#options.measures.problem(`GET ${this.#options.path}: no connection was free in time`);
      this.#ended(httpGivenUpCode, dueUs, dueUs, new Way());
    }
  }

  #pool(how: { readonly connections: number; readonly pipelining: 0 | 1 }): Pool {
    const { url, localAddress } = this.#options;
    const dial = buildConnector({ timeout: answerWithinMs });
    const connect: Connect = (to, done) => {
      // Many sources: the ports of one run out where each request leaves one waiting behind.
      const from = localAddress(this.#connections);
      this.#connections += 1;
      dial({ ...to, ...(from === undefined ? {} : { localAddress: from }) }, done);
    };
    return new Pool(url.origin, {
      ...how,
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
      factory: (origin, options) => watchedClient(origin, options, connect),
    });
  }

  async #request(lane: Lane, dueUs: number): Promise<void> {
    const { path, clock, measures } = this.#options;
    const way = new Way();
    const sentUs = clock.nowUs();
    let code = 0;
    try {
      const { statusCode, body } = await lane.pool.request({
        method: 'GET',
        path,
        headers: { authorization: `Bearer ${this.#options.token()}` },
        opaque: way,
      });
      await body.dump({ limit: Infinity });
      code = Math.floor(statusCode / 100);
      if (statusCode >= 400) measures.problem(`GET ${path}: HTTP ${statusCode}`);
    } catch (error) {
      if (this.#isOver || isTimeout(error)) code = httpGivenUpCode;
      else if (isClosedByPeer(error) && way.wasKeptAndSilent) code = httpResetCode;
      const where = code === httpResetCode ? ' on a kept connection, before any answer' : '';
      measures.problem(`GET ${path}: ${reason(error)}${where}`);
    }
    lane.ended();
    this.#ended(code, dueUs, sentUs, way);
    if (!this.#isOver) this.#goOn(lane);
  }

  #ended(code: number, dueUs: number, sentUs: number, way: Way): void {
    const { clock, history, measures } = this.#options;
    const tookUs = clock.nowUs() - dueUs;
    const waitedUs = Math.min(sentUs - dueUs, 0xffffff);
    this.#count(code, way);
    // What was waited for in vain took at least so long; what was refused took no time of that kind.
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
    if (code === httpGivenUpCode) counters.httpGivenUp += 1;
    if (!way.opened) return;
    counters.httpFresh += 1;
    if (isError) counters.httpFreshErrors += 1;
  }
}

type Connect = buildConnector.connector;

/**
 * Requests over connections of one kind. Those for which none is free wait here as bare due times: a
 * server that hangs for an hour must not fill the memory of who loads it.
 */
class Lane {
  readonly pool: Pool;
  readonly #most: number;
  readonly #waiting = new TimerHeap();
  #under = 0;

  constructor(pool: Pool, most: number) {
    this.pool = pool;
    this.#most = most;
  }

  get isQuiet(): boolean {
    return this.#under === 0 && this.#waiting.nextUs === Infinity;
  }

  wait(dueUs: number): void {
    this.#waiting.push(dueUs, 0);
  }

  /** The next to be sent now: its due time. Call {@link ended} when it is over. */
  take(): number | undefined {
    if (this.#under >= this.#most) return undefined;
    const dueUs = this.giveUp(Infinity);
    if (dueUs !== undefined) this.#under += 1;
    return dueUs;
  }

  ended(): void {
    this.#under -= 1;
  }

  /** The next that waits, if it was due by then; it waits no more. */
  giveUp(dueByUs: number): number | undefined {
    const dueUs = this.#waiting.nextUs;
    if (dueUs === Infinity || dueUs > dueByUs) return undefined;
    this.#waiting.pop();
    return dueUs;
  }
}

/** How a request went out. */
class Way {
  /** A connection was opened, or tried, for it. */
  opened = false;
  #kept: Socket | undefined;
  #readBefore = 0;

  /** It goes over this connection, if that is still there. */
  takes(kept: Socket | undefined): void {
    this.#kept = kept;
    this.#readBefore = kept?.bytesRead ?? 0;
  }

  /** It went over a kept connection, and no byte of an answer came. */
  get wasKeptAndSilent(): boolean {
    return !this.opened && this.#kept?.bytesRead === this.#readBefore;
  }
}

/** A client of one connection that tells each request which one it had. It dials only for a request. */
function watchedClient(origin: URL, options: object, connect: Connect): Client {
  let way: Way | undefined;
  let kept: Socket | undefined;
  const client = new Client(origin, {
    ...options,
    connect: (to, done) => {
      if (way !== undefined) way.opened = true;
      connect(to, (...outcome) => {
        kept = outcome[1] ?? undefined;
        done(...outcome);
      });
    },
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    const { opaque } = request as { readonly opaque?: unknown };
    way = opaque instanceof Way ? opaque : undefined;
    way?.takes(kept);
    return dispatch(request, handler);
  };
  return client;
}

const closedCodes: ReadonlySet<string | undefined> = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

const timeoutCodes: ReadonlySet<string | undefined> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

function isTimeout(error: unknown): boolean {
  return timeoutCodes.has((error as NodeJS.ErrnoException).code);
}

function isClosedByPeer(error: unknown): boolean {
  return closedCodes.has((error as NodeJS.ErrnoException).code);
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
