/** What the judge says of a run, and of one threshold. */
import type { Summary } from '../../samples/summary.ts';
import { judge } from '../judge.ts';
import type { Judgement } from '../judge.ts';
import { parseThreshold } from '../threshold.ts';
import { summaryWith } from './good-summary.ts';

/** Of what a scenario is held to that writes no thresholds. */
export const defaults = [
  'chat.ack p95 < 30ms',
  'chat.delivery p95 < 30ms over >= 1000',
  'ledger.lost = 0',
  'http p95 < 150ms',
  'errors < 1%',
  'service.cpu max < 70%',
];

/** The good run with some of it changed, judged on four cores. */
export function judged(change: Partial<Summary>, texts: readonly string[] = defaults): Judgement {
  return judge(summaryWith(change), texts.map(parseThreshold), { cores: 4 });
}

/** The verdict on one threshold. */
export function one(text: string, change: Partial<Summary> = {}): Judgement['thresholds'][number] {
  const [result] = judged(change, [text]).thresholds;
  if (result === undefined) throw new Error('no result');
  return result;
}
