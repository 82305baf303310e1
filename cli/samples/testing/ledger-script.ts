/** A history written record by record, in seconds, and what the ledger must say of it. */
import { expect, test } from 'vitest';

import { recordKind } from '../history.ts';
import type { HistoryRecord } from '../history.ts';
import { recount } from '../recount.ts';
import type { LedgerSummary } from '../summary.ts';
import { encodeRecords } from './honest-run.ts';
import { ledgerOf, wrongs } from './ledger-of.ts';

const empty = { kind: 0, code: 0, user: 0, room: 0, peer: 0, n: 0, value: 0, atUs: 0 };

/** A script of records in seconds, one file; ends at `endSec`. */
export function ledgerOfRecords(
  records: readonly Partial<HistoryRecord>[],
  endSec = 100,
  partial = false,
): LedgerSummary {
  const full = records.map((part) => ({ ...empty, ...part }));
  return ledgerOf({ files: [full], durationMs: endSec * 1000 }, partial);
}

export const sec = (s: number): number => Math.round(s * 1_000_000);
export const joined = (user: number, at: number, head = 0) => ({
  kind: recordKind.joined,
  user,
  value: head,
  atUs: sec(at),
});
export const left = (user: number, at: number) => ({ kind: recordKind.left, user, atUs: sec(at) });
/** Let out by a server that had sent the room up to `seq`. */
export const letOut = (user: number, at: number, seq: number) => ({
  ...left(user, at),
  code: 1,
  value: seq,
});
export const thrownOff = (user: number, at: number) => ({
  kind: recordKind.disconnected,
  user,
  atUs: sec(at),
});
export const resumed = (user: number, at: number, head: number, code = 0) => ({
  kind: recordKind.resumed,
  user,
  value: head,
  code,
  atUs: sec(at),
});
/** Message n of user 0, due at `at`, acked 1 ms later as seq n + 1. */
export const message = (n: number, at: number) => [
  { kind: recordKind.sent, n, atUs: sec(at) },
  { kind: recordKind.acked, n, value: n + 1, atUs: sec(at) + 1000 },
];
export const got = (user: number, n: number, at: number, seq = n + 1) => ({
  kind: recordKind.delivered,
  user,
  n,
  value: seq,
  atUs: sec(at),
});
export const refetched = (user: number, n: number, at: number) => ({
  ...got(user, n, at),
  kind: recordKind.resynced,
});

export type PairCase = {
  readonly it: string;
  readonly records: readonly Partial<HistoryRecord>[];
  /** Pairs that were owed, and everything that went wrong. */
  readonly expected: number;
  readonly wrong: Record<string, number>;
  readonly endSec?: number;
  readonly partial?: boolean;
};

/** One test a case: `a pair … is lost`. The auditor has to say the same, by code of its own. */
export function testPairs(cases: readonly PairCase[]): void {
  test.each(cases)('$it', ({ records, expected, wrong, endSec = 100, partial = false }) => {
    const { exceptions, ...counts } = ledgerOfRecords(records, endSec, partial);
    const seen = { expected: counts.expected, wrong: wrongs({ ...counts, exceptions }) };
    expect(seen).toEqual({ expected, wrong });
    const bytes = encodeRecords(records.map((part) => ({ ...empty, ...part })));
    const again = recount([bytes], { durationMs: endSec * 1000, partial });
    expect(again.ledger).toEqual(counts);
  });
}
