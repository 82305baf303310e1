/** Lost is one figure of two kinds; the report says how it splits. */
import type { LedgerSummary } from './summary.ts';

/**
 * How many of `lost` are messages that were acked and are not in the log; the rest are deliveries
 * owed that never came. From `expected = delivered + late + lost + neverBack`, in which only the
 * latter count (cli/samples/ledger.ts). Messages; 0 ≤ result ≤ lost.
 */
export function lostFromLog(ledger: LedgerSummary): number {
  const { expected, delivered, late, lost, neverBack } = ledger;
  return Math.min(lost, Math.max(0, delivered + late + lost + neverBack - expected));
}
