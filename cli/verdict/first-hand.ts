/** What shows in an invalid run all the same: what no lateness of the generator could have made. */
import { exceptionsPerClass } from '../samples/exception-list.ts';
import { lostFromLog } from '../samples/lost-from-log.ts';
import type { Summary } from '../samples/summary.ts';
import { faultNamed, isPicked } from './fault-metrics.ts';
import type { Threshold } from './threshold.ts';

/**
 * What the wire itself shows: a frame that came twice came twice, however late it was read. And a
 * process that ended, its supervisor saw end.
 */
const seenFirstHand: ReadonlySet<string> = new Set([
  'service.restarts',
  'ledger.duplicated',
  'ledger.reordered',
  'ledger.dropped',
]);

/**
 * How much of a threshold's `value` was seen first-hand. A loss may only be a frame that the starved
 * generator did not read in time, unless the message was acked and is not in the log either. Of those
 * a hundred have names, and by these a fault is found; of a whole run the rest are counted.
 */
export function firstHand(
  { metric, selector }: Pick<Threshold, 'metric' | 'selector'>,
  value: number,
  { ledger }: Summary,
): number {
  if (seenFirstHand.has(metric)) return value;
  const unstored = ledger.exceptions.filter((one) => one.class === 'unstored');
  if (metric === 'ledger.lost') {
    const more = unstored.length < exceptionsPerClass ? 0 : lostFromLog(ledger);
    return Math.max(unstored.length, more);
  }
  if (metric !== 'fault.lostAcked') return 0;
  return unstored.filter(({ fault }) => fault !== null && isPicked(faultNamed(fault), selector))
    .length;
}
