/** What became of each message as a message, whoever its recipients are: the ledger's first half. */
import type { HistoryRecord } from './history.ts';
import { flag, type MessageTable } from './message-table.ts';
import type { ExceptionClass, LedgerSummary } from './summary.ts';

type Counts = Pick<LedgerSummary, 'sent' | 'acked' | 'refused' | 'recovered' | 'indeterminate'> & {
  /** Acked, and not in the log that was read. */
  readonly unstored: number;
  /** One id under several seqs in the log itself. */
  readonly storedTwice: number;
};

export type MessageCount = {
  /** A message met in the final read. */
  noteStored(record: HistoryRecord): void;
  /** When every record was noted. */
  count(): Counts;
};

/** A room keeps at least this many messages in its log; older ones need not be in the final read. */
const logKeeps = 10_000;

/** Of the messages of a table, filled by who shares it. */
export function messageCount(
  table: MessageTable,
  report: (
    name: ExceptionClass,
    message: number,
    seq: number,
    recipient: null,
    atUs: number,
  ) => void,
): MessageCount {
  const storedAgain = new Map<number, Set<number>>();

  function countStoredTwice(): number {
    let count = 0;
    for (const [message, seqs] of storedAgain) {
      count += seqs.size;
      for (const seq of seqs) {
        report('duplicated', message, seq, null, table.dueUs[message] ?? 0);
      }
    }
    return count;
  }

  /**
   * Acked, and not in the log where the read must have met it: at or below the head that was read,
   * or acked before the read of that part began. A log that lost its tail has a lower head; a message
   * acked later was no part of what was read.
   */
  function isUnstored(message: number, seq: number): boolean {
    const { readHead, readUs } = table.roomOf(table.room[message] ?? 0);
    if (readHead < 0 || isStored(message) || seq <= readHead - logKeeps) return false;
    return seq <= readHead || (table.ackedUs[message] ?? Infinity) <= readUs;
  }

  function isStored(message: number): boolean {
    return (table.storedSeq[message] ?? 0) !== 0;
  }

  return {
    noteStored({ peer, room, n, value }) {
      // Seqs count from 1.
      if (value === 0) return;
      const message = table.byIdAndSeq(peer, room, n, value);
      const first = table.storedSeq[message] ?? 0;
      if (first === 0) table.storedSeq[message] = value;
      else if (first !== value) {
        const others = storedAgain.get(message) ?? new Set();
        storedAgain.set(message, others.add(value));
      }
    },
    count() {
      const total = { sent: 0, acked: 0, refused: 0, recovered: 0, indeterminate: 0, unstored: 0 };
      for (let message = 0; message < table.count; message++) {
        const flags = table.flags[message] ?? 0;
        const seq = table.seq[message] ?? 0;
        const dueUs = table.dueUs[message] ?? 0;
        if ((flags & flag.sent) !== 0) total.sent++;
        if ((flags & flag.acked) !== 0) {
          total.acked++;
          if (isUnstored(message, seq)) {
            total.unstored++;
            report('unstored', message, seq, null, dueUs);
          }
        } else if ((flags & flag.refused) !== 0) {
          total.refused++;
          report('refused', message, seq, null, dueUs);
        } else if ((flags & flag.sent) === 0) {
          continue;
        } else if ((flags & flag.arrived) !== 0 || isStored(message)) {
          total.recovered++;
        } else {
          total.indeterminate++;
          report('indeterminate', message, seq, null, dueUs);
        }
      }
      return { ...total, storedTwice: countStoredTwice() };
    },
  };
}
