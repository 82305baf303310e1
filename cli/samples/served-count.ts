/** How much of a flood was served while it lasted, from its history. */
import { recordKind } from './history.ts';
import type { HistoryRecord } from './history.ts';

/**
 * Counts what was answered without an error in the first `untilMs` of a history: HTTP requests by 2xx
 * or 3xx, chat messages by an ack. What fails, what is broken off at the end, and what comes after it
 * loaded nobody as asked.
 */
export function createServedCount(
  kind: 'http' | 'chat',
  untilMs: number,
): { note(record: HistoryRecord): void; count(): number } {
  const untilUs = untilMs * 1000;
  let served = 0;
  return {
    note(record) {
      if (kind === 'http' ? isServedHttp(record, untilUs) : isAcked(record, untilUs)) served++;
    },
    count: () => served,
  };
}

/** `value` is how long it took from when it was due. */
function isServedHttp({ kind, code, value, atUs }: HistoryRecord, untilUs: number): boolean {
  return kind === recordKind.http && (code === 2 || code === 3) && atUs + value <= untilUs;
}

function isAcked({ kind, atUs }: HistoryRecord, untilUs: number): boolean {
  return kind === recordKind.acked && atUs <= untilUs;
}
