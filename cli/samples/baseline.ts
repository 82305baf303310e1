/** What the service was like before the first fault: the measure of having recovered from it. */
import type { Outage } from './client-outages.ts';
import type { Baseline } from './fault-result.ts';
import { ackP99, isBetween } from './message-times.ts';
import type { MessageTime, Messages } from './message-times.ts';

/** Users settle in for this long before a hold is a baseline. */
const settleMs = 1000;
const leastBaselineMs = 2000;
const leastBaselineDue = 50;
/** A service that is slower than this without a fault is not steady. */
const steadyAckMs = 1000;
const goodWithinAtLeastMs = 100;

/** The hold in which the first fault fell, from a second after its start to the fault. */
export function baselineOf(
  stages: readonly { readonly untilMs: number; readonly target: number }[],
  untilMs: number,
  messages: Messages,
  outages: readonly Outage[],
): Baseline {
  const hold = stages.findIndex((stage) => untilMs <= stage.untilMs);
  const isHold = hold > 0 && stages[hold]?.target === stages[hold - 1]?.target;
  const startMs = (stages[hold - 1]?.untilMs ?? 0) + settleMs;
  const fromMs = isHold ? Math.min(startMs, untilMs) : untilMs;
  // The last ones before a fault are answered, or not, within it.
  const counts = ({ dueUs }: MessageTime): boolean =>
    isBetween(dueUs, fromMs, untilMs) && !isBetween(dueUs, untilMs - 100, untilMs);
  let due = 0;
  let acked = 0;
  for (const one of messages) {
    if (!counts(one)) continue;
    due++;
    if (one.ackedUs !== Infinity) acked++;
  }
  const ackP99Ms = ackP99(messages, counts);
  const away = outages.filter((one) => isBetween(one.fromUs, fromMs, untilMs - 0.001)).length;
  const why = (): string | null => {
    if (!isHold) return 'the first fault came outside a hold, so there is nothing to compare with';
    if (untilMs - fromMs < leastBaselineMs) {
      return `only ${((untilMs - fromMs) / 1000).toFixed(1)} s of steady load came before the first fault; 3 s are needed`;
    }
    if (due < leastBaselineDue) {
      return `only ${due} messages came before the first fault; ${leastBaselineDue} are needed`;
    }
    if (away > 0) return `${away} clients lost their connection before the first fault`;
    if (acked < 0.99 * due) {
      return `only ${acked} of ${due} messages were acked before the first fault`;
    }
    return ackP99Ms > steadyAckMs
      ? `acks took ${Math.round(ackP99Ms)} ms (p99) before the first fault`
      : null;
  };
  return {
    fromMs,
    untilMs,
    due,
    ackP99Ms,
    goodWithinMs: Math.max(2 * ackP99Ms, goodWithinAtLeastMs),
    unsteady: why(),
  };
}
