/** Whether one pool stayed within its threshold while the other was flooded or hurt. */
import { isEmptySide } from '../samples/window-latency.ts';
import type { Isolation, WindowSide } from '../samples/window-latency.ts';
import type { ThresholdResult } from './judge.ts';
import type { Threshold } from './threshold.ts';

/** Bounds where the run asks for none of its own: the seeds' targets. */
const seedBoundMs = { chat: 30, http: 150 } as const;
/** Fewer samples cannot hold a p95. */
const leastSamples = 20;
/** A pool that must not notice answers all but this share. */
const mostFailedShare = 0.01;
/** A flood of which less than this was served was not the flood that was asked for. */
const broughtShare = 0.8;

/**
 * The p95 of the other pool inside the windows against its threshold, or the seeds' target. A flood
 * that was not brought proves no isolation; what even so much did is a fail all the same.
 * It must also answer: more than 1 % of errors is a fail, unless there were as many without it. A p95 is
 * of what was answered, and what hangs is not in it.
 */
export function judgeIsolation(
  isolation: Isolation,
  thresholds: readonly Threshold[],
  other = isolation.other ?? (isolation.cause.startsWith('flood chat') ? 'http' : 'chat'),
): ThresholdResult {
  const metric = other === 'chat' ? 'chat.ack' : 'http';
  const asked = thresholds
    .filter((one) => one.metric === metric && one.statistic === 'p95')
    .filter((one) => one.comparison.startsWith('<'));
  const bound = asked.length === 0 ? seedBoundMs[other] : strictest(asked);
  const { inside, outside } = isolation;
  const [observed, samples, before] =
    other === 'chat'
      ? [inside.ackMs.p95, inside.acks, outside.ackMs.p95]
      : [inside.httpMs.p95, inside.https, outside.httpMs.p95];
  const text = `${metric} p95 < ${bound}ms during ${isolation.cause}`;
  const row = { text, metric, bound, unit: 'ms', samples };
  const during = failures(inside, other);
  if (during.share > mostFailedShare && during.share > failures(outside, other).share) {
    const what = other === 'chat' ? 'sends' : 'requests';
    const why = `${during.failed} of ${during.all} ${what} failed during ${isolation.cause}`;
    return { ...row, observed: samples === 0 ? null : observed, verdict: 'fail', why };
  }
  if (samples < leastSamples) {
    return {
      ...row,
      observed: null,
      verdict: 'no-data',
      why: isEmptySide(inside)
        ? `nothing fell due during ${isolation.cause} in the hold and clear of other faults`
        : `${samples} samples during ${isolation.cause}, and a p95 needs ${leastSamples}`,
    };
  }
  const seen = `p95 ${observed.toFixed(1)} ms during ${isolation.cause}, ${before.toFixed(1)} ms outside of it`;
  if (observed >= bound && before >= bound) {
    const why = `${seen}: it was above ${bound} ms without it, so nothing can be put down to it`;
    return { ...row, observed, verdict: 'no-data', why };
  }
  if (observed >= bound) {
    return { ...row, observed, verdict: 'fail', why: `${seen}, and < ${bound} ms was asked` };
  }
  const short = shortOf(isolation);
  if (short !== null) return { ...row, observed, verdict: 'no-data', why: `${short}; ${seen}` };
  return { ...row, observed, verdict: 'pass', why: seen };
}

function strictest(thresholds: readonly Threshold[]): number {
  return Math.min(...thresholds.map(({ bound }) => bound));
}

function failures(side: WindowSide, pool: 'chat' | 'http') {
  const failed = pool === 'chat' ? (side.acksFailed ?? 0) : side.httpFailed;
  const all = failed + (pool === 'chat' ? side.acks : side.https);
  return { failed, all, share: all === 0 ? 0 : failed / all };
}

/** Why a flood was not the one that was asked for; `null` when it was, or where there is none. */
function shortOf({ cause, flood }: Isolation): string | null {
  if (flood === null || flood.ratePerSec >= broughtShare * flood.asked) return null;
  const percent = Math.floor((100 * flood.ratePerSec) / flood.asked);
  return `${cause} was not brought: ${Math.round(flood.ratePerSec)}/s were served, ${percent}% of what was asked, and ${broughtShare * 100}% are needed`;
}
