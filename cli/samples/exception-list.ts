/** The named exceptions of a ledger: the first of each class, at most {@link exceptionsPerClass}. */
import { messageId, roomName, userName } from './history.ts';
import type { ExceptionClass, LedgerException } from './summary.ts';

export const exceptionsPerClass = 100;

/** Who and what an exception is about, in the history's indices. */
export type ExceptionFacts = {
  readonly sender: number;
  readonly room: number;
  readonly n: number;
  readonly seq: number;
  /** `null` when it is about the message, not about one recipient. */
  readonly recipient: number | null;
  readonly atUs: number;
};

export type ExceptionList = {
  /** Whether another of this class would still be kept: spares building the facts. */
  wants(name: ExceptionClass): boolean;
  add(name: ExceptionClass, facts: ExceptionFacts): void;
  /** By time. */
  all(): LedgerException[];
};

/** An empty list for the run whose id prefixes its rooms. */
export function createExceptionList(runId: string): ExceptionList {
  const kept: LedgerException[] = [];
  const counts = new Map<ExceptionClass, number>();
  const countOf = (name: ExceptionClass): number => counts.get(name) ?? 0;
  return {
    wants: (name) => countOf(name) < exceptionsPerClass,
    add(name, facts) {
      if (countOf(name) >= exceptionsPerClass) return;
      counts.set(name, countOf(name) + 1);
      kept.push({
        class: name,
        id: messageId(facts.sender, facts.room, facts.n),
        room: roomName(runId, facts.room),
        seq: facts.seq === 0 ? null : facts.seq,
        sender: userName(facts.sender),
        recipient: facts.recipient === null ? null : userName(facts.recipient),
        atMs: Number.isFinite(facts.atUs) ? facts.atUs / 1000 : 0,
        fault: null,
      });
    },
    all: () => kept.toSorted((a, b) => a.atMs - b.atMs),
  };
}
