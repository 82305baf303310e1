/** The ledger of a made-up run, and what there is to say about it. */
import { createLedger, historyEndUs, type LossFacts } from '../ledger.ts';
import type { LedgerSummary } from '../summary.ts';
import type { MadeRun } from './honest-run.ts';

const runId = 'run';

/** Both passes over all files. */
export function ledgerOf(
  run: MadeRun,
  partial = false,
  onLoss: (loss: LossFacts) => void = () => undefined,
): LedgerSummary {
  const ledger = createLedger({ runId, partial, onLoss });
  for (const file of run.files) for (const record of file) ledger.note(record);
  for (const file of run.files) for (const record of file) ledger.account(record);
  const ends = run.files.flatMap((file) =>
    file.length === 0 ? [] : [Math.max(...file.map(({ atUs }) => atUs))],
  );
  return ledger.close(historyEndUs(ends, { durationMs: run.durationMs, partial }));
}

/** What is not zero, without the counts of what went well. */
export function wrongs(ledger: LedgerSummary): Record<string, number> {
  const good = new Set(['sent', 'acked', 'expected', 'delivered']);
  return Object.fromEntries(
    Object.entries(ledger).filter(
      (entry): entry is [string, number] =>
        typeof entry[1] === 'number' && entry[1] !== 0 && !good.has(entry[0]),
    ),
  );
}

/** Each exception as `class id at recipient`. */
export function named(ledger: LedgerSummary): string[] {
  return ledger.exceptions.map((e) => `${e.class} ${e.id} at ${e.recipient ?? 'log'}`);
}
