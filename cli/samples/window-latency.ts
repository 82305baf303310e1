/**
 * Latency of chat acks and HTTP requests that fell due inside a window, and outside of it: what a
 * flood or a fault on one pool costs the other. Pure, from the history's records.
 */
import { createHistogram } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';
import { isHttpFailure } from './http-times.ts';
import type { LatencyMs } from './summary.ts';

export type WindowSide = {
  readonly ackMs: LatencyMs;
  readonly acks: number;
  /** Sends that were refused, never answered, or never left. Older reports have none. */
  readonly acksFailed?: number | undefined;
  readonly httpMs: LatencyMs;
  /** Requests that were answered well, and those that got an error of the server or no answer. */
  readonly https: number;
  readonly httpFailed: number;
};

export type WindowLatency = { readonly inside: WindowSide; readonly outside: WindowSide };

/** What a flood, or faults of one pool, did to chat and HTTP beside it. */
export type Isolation = WindowLatency & {
  /** `flood http=5000/s`, `kill@api-1`. */
  readonly cause: string;
  /** The pool that must not notice; older reports say it by the flood's kind alone. */
  readonly other?: 'chat' | 'http' | undefined;
  readonly windows: readonly Span[];
  /** What was served of the flood itself, `ratePerSec`; `null` where the cause is a fault. */
  readonly flood: {
    readonly asked: number;
    readonly ratePerSec: number;
    readonly errors: number;
    readonly p95Ms: number;
  } | null;
};

/** ms since run start. */
export type Span = { readonly fromMs: number; readonly toMs: number };

/** What is compared: `inside` against the rest of `within`, both without `except`. */
export type Spans = {
  readonly within: Span;
  readonly inside: readonly Span[];
  readonly except: readonly Span[];
};

/** Whether nothing fell due: the window lay outside of what is compared, or other faults were there all along. */
export function isEmptySide({ acks, acksFailed = 0, https, httpFailed }: WindowSide): boolean {
  return acks + acksFailed + https + httpFailed === 0;
}

/** Feed it all records in the order of their files: `sent` comes before its `acked`. */
export function createWindowLatency(spans: Spans): {
  note(record: HistoryRecord): void;
  close(): WindowLatency;
} {
  const inside = createSide();
  const outside = createSide();
  /** Of messages that have no answer by now. */
  const dueUs = new Map<number, number>();
  const sideOf = (atUs: number): Side | undefined => {
    const atMs = atUs / 1000;
    const isIn = ({ fromMs, toMs }: Span): boolean => atMs >= fromMs && atMs < toMs;
    if (!isIn(spans.within) || spans.except.some(isIn)) return undefined;
    return spans.inside.some(isIn) ? inside : outside;
  };
  const ackFailed = (due: number): void => {
    const side = sideOf(due);
    if (side !== undefined) side.acksFailed += 1;
  };
  const noteHttp = ({ code, value, atUs }: HistoryRecord): void => {
    const side = sideOf(atUs);
    if (side === undefined) return;
    if (code === 2 || code === 3) side.http.record(value);
    else if (isHttpFailure(code)) side.httpFailed += 1;
  };
  return {
    note(record) {
      const { kind, user, n, atUs } = record;
      // A sender's number is below 2^24, so is a user's index.
      const key = user * 0x1000000 + n;
      switch (kind) {
        case recordKind.sent:
          dueUs.set(key, atUs);
          break;
        case recordKind.acked:
        case recordKind.refused: {
          const due = dueUs.get(key);
          if (due === undefined) break;
          dueUs.delete(key);
          if (kind === recordKind.refused) ackFailed(due);
          else sideOf(due)?.ack.record(atUs - due);
          break;
        }
        case recordKind.unsent:
          ackFailed(atUs);
          break;
        case recordKind.http:
          noteHttp(record);
          break;
        default:
      }
    },
    close() {
      for (const due of dueUs.values()) ackFailed(due);
      dueUs.clear();
      return { inside: summaryOf(inside), outside: summaryOf(outside) };
    },
  };
}

type Side = {
  readonly ack: Histogram;
  readonly http: Histogram;
  acksFailed: number;
  httpFailed: number;
};

function createSide(): Side {
  return { ack: createHistogram(), http: createHistogram(), acksFailed: 0, httpFailed: 0 };
}

function summaryOf({ ack, http, acksFailed, httpFailed }: Side): WindowSide {
  return {
    ackMs: ack.latencyMs(),
    acks: ack.count,
    acksFailed,
    httpMs: http.latencyMs(),
    https: http.count,
    httpFailed,
  };
}
