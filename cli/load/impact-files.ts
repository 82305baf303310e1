/** Derives what faults did to users from the history files of a run folder. */
import { createFaultImpact } from '../samples/fault-impact.ts';
import type { ImpactOptions } from '../samples/fault-impact.ts';
import type { FaultImpact } from '../samples/fault-result.ts';
import { visitHistory } from './history-files.ts';

/**
 * One pass over the files in `dir`, chunk by chunk. `options.losses` come from
 * `ledgerFromFiles(dir, { onLoss })`. Throws as `node:fs` does when a file cannot be read.
 */
export async function impactFromFiles(dir: string, options: ImpactOptions): Promise<FaultImpact> {
  const impact = createFaultImpact(options);
  await visitHistory(dir, impact.note);
  return impact.close();
}
