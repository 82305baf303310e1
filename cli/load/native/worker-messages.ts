/** What the parent and its workers say to each other over the IPC channel (JSON). */
import type { Scenario } from '../../scenario/scenario.ts';
import type { Counters, DistributionName } from './measures.ts';
import type { WorkerHealth } from './worker-health.ts';

/** How a worker gets its users in. */
export type Credentials =
  | { readonly kind: 'secret'; readonly secret: string }
  /** Access tokens of registered accounts; user i takes number i modulo their count. */
  | { readonly kind: 'tokens'; readonly tokens: readonly string[] };

export type WorkerStart = {
  readonly kind: 'start';
  readonly runId: string;
  readonly scenario: Scenario;
  readonly url: string;
  readonly credentials: Credentials;
  readonly historyFile: string;
  /** This worker, and how many there are: user i belongs to worker i modulo `workers`. */
  readonly index: number;
  readonly workers: number;
};

export type ToWorker =
  /** Load and lay out everything, then say `loaded`. */
  | WorkerStart
  /** Run start on `process.hrtime`, ns, as text. */
  | { readonly kind: 'go'; readonly startNs: string }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }
  /** No new arrivals or sends from now. */
  | { readonly kind: 'stop'; readonly drainMs: number }
  /** Wait until every member has seen the given seq of its room, or until the drain is over. */
  | { readonly kind: 'settle'; readonly heads: readonly RoomHead[] }
  /** Read the log of this worker's rooms. */
  | { readonly kind: 'read'; readonly withinMs: number }
  /** Leave, write everything, say `done`. */
  | { readonly kind: 'finish' }
  /** The history goes on in another file; `null`: nowhere, what comes is dropped. */
  | { readonly kind: 'history-to'; readonly file: string | null }
  /** Write what is in memory and go, now. */
  | { readonly kind: 'abort' };

/** The highest seq acked in a room. */
export type RoomHead = readonly [room: number, seq: number];

export type WorkerSecond = {
  readonly kind: 'second';
  /** The second that ended: 1 is the first. */
  readonly second: number;
  readonly counters: Counters;
  readonly histograms: Readonly<Partial<Record<DistributionName, string>>>;
  readonly problems: Readonly<Record<string, number>>;
  readonly health: WorkerHealth;
};

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'loaded' }
  | WorkerSecond
  /** Nothing more will be sent; every ack is in or given up. */
  | { readonly kind: 'quiet'; readonly heads: readonly RoomHead[] }
  | { readonly kind: 'settled' }
  | { readonly kind: 'read-done'; readonly why: string | null }
  /** Answered by `history-to`. `moved`: it had been told so before. */
  | { readonly kind: 'history-failed'; readonly text: string; readonly moved: boolean }
  | {
      readonly kind: 'done';
      readonly last: WorkerSecond;
      readonly lost: number;
      readonly refused: number;
      readonly leanUsers: number;
      readonly clientUsers: number;
    };
