/** Whether one pool stayed within its threshold while the other was flooded or hurt. */
import type { Isolation } from '../samples/window-latency.ts';
import type { ThresholdResult } from './judge.ts';
import type { Threshold } from './threshold.ts';

/** Bounds where the run asks for none of its own: the seeds' targets. */
const seedBoundMs = { chat: 30, http: 150 } as const;
/** Fewer samples cannot hold a p95. */
const leastSamples = 20;

/**
 * The p95 of the other pool inside the windows against its threshold, or the seeds' target.
 *
 * @param other the pool that must not notice.
 */
export function judgeIsolation(
  isolation: Isolation,
  thresholds: readonly Threshold[],
  other: 'chat' | 'http',
): ThresholdResult {
  const metric = other === 'chat' ? 'chat.ack' : 'http';
  const asked = thresholds.find(
    (one) => one.metric === metric && one.statistic === 'p95' && one.comparison.startsWith('<'),
  );
  const bound = asked?.bound ?? seedBoundMs[other];
  const { inside, outside } = isolation;
  const [observed, samples, before] =
    other === 'chat'
      ? [inside.ackMs.p95, inside.acks, outside.ackMs.p95]
      : [inside.httpMs.p95, inside.https, outside.httpMs.p95];
  const text = `${metric} p95 < ${bound}ms during ${isolation.cause}`;
  const row = { text, metric, bound, unit: 'ms', samples };
  if (samples < leastSamples) {
    return {
      ...row,
      observed: null,
      verdict: 'no-data',
      why: `${samples} samples during ${isolation.cause}, and a p95 needs ${leastSamples}`,
    };
  }
  const seen = `p95 ${observed.toFixed(1)} ms during ${isolation.cause}, ${before.toFixed(1)} ms outside of it`;
  if (observed >= bound && before >= bound) {
    const why = `${seen}: it was above ${bound} ms without it, so nothing can be put down to it`;
    return { ...row, observed, verdict: 'no-data', why };
  }
  return observed < bound
    ? { ...row, observed, verdict: 'pass', why: seen }
    : { ...row, observed, verdict: 'fail', why: `${seen}, and < ${bound} ms was asked` };
}
