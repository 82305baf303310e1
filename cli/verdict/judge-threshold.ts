/** One threshold against what was measured. */
import type { Summary } from '../samples/summary.ts';
import { firstHand } from './first-hand.ts';
import { endedSentence } from './generator-lateness.ts';
import type { ThresholdResult, Verdict } from './judge.ts';
import { metricOf } from './threshold.ts';
import type { Comparison, Threshold } from './threshold.ts';

export type ThresholdContext = {
  readonly loopback: boolean;
  /** Why the whole run is invalid; `undefined` when it is valid. */
  readonly invalid: string | undefined;
};

/** What a person waits for over the network: loopback leaves that part out. */
const networked: ReadonlySet<string> = new Set([
  'connect',
  'chat.join',
  'chat.ack',
  'chat.delivery',
  'http',
]);

/** Losses: that there was none shows only in the log, read to its end. */
const provedByLog: ReadonlySet<string> = new Set(['ledger.lost', 'fault.lostAcked']);

/**
 * In order: nothing to observe, and nothing owed → pass, with why. Nothing observed → no-data. A
 * latency of which a load worker took its share away → no-data. A count above its bound, or what more
 * samples could only raise → fail, however few were looked at.
 * Fewer samples than asked for (`over`), or than 1/(1−q) for a percentile → no-data. Nothing lost,
 * but the log was not read → no-data. Then the comparison; a failure in an invalid run → no-data,
 * unless no lateness of the generator could have made it (see {@link firstHand}).
 */
export function judgeThreshold(
  threshold: Threshold,
  summary: Summary,
  { loopback, invalid }: ThresholdContext,
): ThresholdResult {
  const metric = metricOf(threshold);
  const statistic = metric.statistics.find(({ name }) => name === threshold.statistic);
  if (statistic === undefined) throw new Error(`${metric.name} has no ${threshold.statistic}`);
  const observation = statistic.read(summary, threshold.selector);
  const { value, samples, whose } = observation;
  const result = (verdict: Verdict, why: string): ThresholdResult => ({
    text: threshold.text,
    metric: nameOf(threshold),
    // JSON has no infinity: a recovery that never came is a figure that is not there.
    observed: value === Infinity ? null : value,
    bound: threshold.bound,
    unit: threshold.unit,
    samples,
    verdict,
    why,
  });
  if (observation.vacuous !== undefined && threshold.over === null) {
    return result('pass', observation.vacuous);
  }
  if (value === null) return result('no-data', observation.note);

  const { comparison, bound, unit } = threshold;
  if (summary.generator.endedWorkers.length > 0 && unit === 'ms' && networked.has(metric.name)) {
    return result(
      'no-data',
      `${endedSentence(summary.generator)}, and what it measured is missing`,
    );
  }
  const holds = compare(value, comparison, bound);
  const seen = `${whose === null ? '' : `${whose}: `}${threshold.statistic === '' ? '' : `${threshold.statistic} `}${figureBeside(bound, value, unit)}${observation.aside === undefined ? '' : ` (${observation.aside})`}`;
  const fail = (): ThresholdResult => {
    const why = `${seen}, and ${comparison} ${figure(bound, unit)} was asked`;
    const seenToo = firstHand(threshold, value, summary);
    const stands = seenToo > 0 && !compare(seenToo, comparison, bound);
    return invalid === undefined || stands
      ? result('fail', why)
      : result('no-data', `${why}, but the run is not valid: ${invalid}`);
  };

  const isProof = metric.isCount || observation.isAtLeast === true;
  if (!holds && isProof && value > bound) return fail();
  const enough = Math.max(observation.leastSamples, threshold.over ?? 0);
  if (samples < enough) {
    return result(
      'no-data',
      `${samples.toLocaleString('en-US')} ${observation.note}; at least ${enough.toLocaleString('en-US')} are needed`,
    );
  }
  if (!holds) return fail();
  if (provedByLog.has(metric.name) && !summary.finalRead.done) {
    return result(
      'no-data',
      `no loss was seen, but the log was not read at the end (${summary.finalRead.why ?? 'no reason is known'}), so none is proved`,
    );
  }
  const room =
    loopback && unit === 'ms' && comparison.startsWith('<') && networked.has(metric.name);
  return result(
    'pass',
    room
      ? `${seen}: ${figure(bound - value, unit)} left for the network, which loopback hides`
      : `${seen}, of ${comparison} ${figure(bound, unit)} asked`,
  );
}

/** `chat.ack p95`, `service.cpu[redis] max`. */
function nameOf({ metric, selector, statistic }: Threshold): string {
  return `${metric}${selector === null ? '' : `[${selector}]`}${statistic === '' ? '' : ` ${statistic}`}`;
}

function compare(value: number, comparison: Comparison, bound: number): boolean {
  switch (comparison) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '=':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}

const mostDigits = 9;

/** With more digits where it reads like the bound and is not: 30.04 ms is not within 30. */
function figureBeside(bound: number, value: number, unit: string): string {
  let digits = 3;
  while (
    value !== bound &&
    digits < mostDigits &&
    figure(value, unit, digits) === figure(bound, unit, digits)
  ) {
    digits += 1;
  }
  return figure(value, unit, digits);
}

/** With three digits that mean something: `4.12 ms`, `31.2%`, `1,204`. */
function figure(value: number, unit: string, digits = 3): string {
  if (value === Infinity) return 'not seen to end';
  const text = value.toLocaleString(
    'en-US',
    Math.abs(value) >= 100
      ? { maximumFractionDigits: digits - 3 }
      : { maximumSignificantDigits: digits },
  );
  return unit === '' ? text : `${text}${unit === '/s' || unit === '%' ? '' : ' '}${unit}`;
}
