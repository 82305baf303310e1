/** When each HTTP request was due, and how it ended: 16 bytes a request. */
import { Column } from './column.ts';
import { httpGivenUpCode, httpResetCode } from './history.ts';
import type { HistoryRecord } from './history.ts';

export type HttpCounts = {
  readonly count: number;
  readonly failed: number;
  /** Of the failed: those for which a connection was opened. */
  readonly freshFailed: number;
  /** Of the failed: kept connections that were closed before any byte of the answer. */
  readonly resets: number;
};

export type HttpTimes = {
  /** A record of the kind `http`. */
  note(record: HistoryRecord): void;
  /** Of the requests that fell due in between. */
  between(fromMs: number, toMs: number): HttpCounts;
};

/** Ways to end, as sums of these. */
const failed = 1;
const fresh = 2;
const reset = 4;

/** What a fault can cause: no answer, an error of the server, a kept connection that was reset. */
const failedCodes: ReadonlySet<number> = new Set([0, 5, httpResetCode, httpGivenUpCode]);

/** Whether a request that ended with this code was failed by the system; what it refused (4xx) was not. */
export function isHttpFailure(code: number): boolean {
  return failedCodes.has(code);
}

/** No request yet. */
export function createHttpTimes(): HttpTimes {
  const due = new Column();
  const ends = new Column();
  return {
    note({ atUs, code, peer }) {
      due.push(atUs / 1000);
      ends.push(
        (isHttpFailure(code) ? failed : 0) |
          (peer === 1 ? fresh : 0) |
          (code === httpResetCode ? reset : 0),
      );
    },
    between(fromMs, toMs) {
      const counts = { count: 0, failed: 0, freshFailed: 0, resets: 0 };
      for (let i = 0; i < due.length; i++) {
        if (due.at(i) < fromMs || due.at(i) > toMs) continue;
        const end = ends.at(i);
        counts.count++;
        if ((end & failed) !== 0) counts.failed++;
        if ((end & failed) !== 0 && (end & fresh) !== 0) counts.freshFailed++;
        if ((end & reset) !== 0) counts.resets++;
      }
      return counts;
    },
  };
}
