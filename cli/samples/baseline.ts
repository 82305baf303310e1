/** What the service was like before the first fault: the measure of having recovered from it. */
import type { Outage } from './client-outages.ts';
import type { Baseline } from './fault-result.ts';
import { ackP99, isBetween } from './message-times.ts';
import type { MessageTime } from './message-times.ts';

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
  messages: readonly MessageTime[],
  outages: readonly Outage[],
): Baseline {
  const hold = stages.findIndex((stage) => untilMs <= stage.untilMs);
  const isHold = hold > 0 && stages[hold]?.target === stages[hold - 1]?.target;
  const startMs = (stages[hold - 1]?.untilMs ?? 0) + settleMs;
  const fromMs = isHold ? Math.min(startMs, untilMs) : untilMs;
  const due = messages.filter(
    // The last ones before a fault are answered, or not, within it.
    (one) => isBetween(one.dueUs, fromMs, untilMs) && !isBetween(one.dueUs, untilMs - 100, untilMs),
  );
  const acked = due.filter((one) => one.ackedUs !== Infinity);
  const ackP99Ms = ackP99(acked);
  const away = outages.filter((one) => isBetween(one.fromUs, fromMs, untilMs - 0.001)).length;
  const why = (): string | null => {
    if (!isHold) return 'the first fault came outside a hold, so there is nothing to compare with';
    if (untilMs - fromMs < leastBaselineMs) {
      return `only ${((untilMs - fromMs) / 1000).toFixed(1)} s of steady load came before the first fault; 3 s are needed`;
    }
    if (due.length < leastBaselineDue) {
      return `only ${due.length} messages came before the first fault; ${leastBaselineDue} are needed`;
    }
    if (away > 0) return `${away} clients lost their connection before the first fault`;
    if (acked.length < 0.99 * due.length) {
      return `only ${acked.length} of ${due.length} messages were acked before the first fault`;
    }
    return ackP99Ms > steadyAckMs
      ? `acks took ${Math.round(ackP99Ms)} ms (p99) before the first fault`
      : null;
  };
  return {
    fromMs,
    untilMs,
    due: due.length,
    ackP99Ms,
    goodWithinMs: Math.max(2 * ackP99Ms, goodWithinAtLeastMs),
    unsteady: why(),
  };
}
