/** What one pool cost the other, as a sentence. */
import { isEmptySide } from '../samples/window-latency.ts';
import type { Isolation } from '../samples/window-latency.ts';
import { formatCount, formatMs, formatRate, plural } from './format.ts';

/** `During flood http=5000/s (4,981/s served, 0 failed or unanswered): chat.ack p95 6.1 ms, 4.0 ms outside of it; …`. */
export function isolationSentence({ cause, inside, outside, flood }: Isolation): string {
  const reached =
    flood === null
      ? ''
      : ` (${formatRate(flood.ratePerSec)}/s served, ${formatCount(flood.errors)} failed or unanswered)`;
  const sides = [
    ['chat.ack', inside.acks, inside.ackMs.p95, outside.acks, outside.ackMs.p95],
    ['http', inside.https, inside.httpMs.p95, outside.https, outside.httpMs.p95],
  ] as const;
  const seen = sides
    .filter(([, samples]) => samples > 0)
    .map(
      ([name, , during, samplesOutside, beside]) =>
        `${name} p95 ${formatMs(during)}, ${samplesOutside === 0 ? 'none measured' : formatMs(beside)} outside of it`,
    );
  const nothing = isEmptySide(inside)
    ? 'nothing fell due in the hold and clear of other faults, so nothing can be compared'
    : 'nothing was answered';
  const answered = seen.length === 0 ? [nothing] : seen;
  const failed =
    inside.httpFailed === 0
      ? []
      : [
          `${plural(inside.httpFailed, 'HTTP request')} failed, ${formatCount(outside.httpFailed)} outside of it`,
        ];
  return `During ${cause}${reached}: ${[...answered, ...failed].join('; ')}.`;
}
