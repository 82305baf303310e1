/** Test data: one record of a history; what is left out is 0. */
import type { HistoryRecord } from '../history.ts';

export function recordAt(
  kind: number,
  atMs: number,
  part: Partial<HistoryRecord> = {},
): HistoryRecord {
  const empty = { code: 0, user: 0, room: 0, peer: 0, n: 0, value: 0 };
  return { ...empty, kind, atUs: atMs * 1000, ...part };
}
