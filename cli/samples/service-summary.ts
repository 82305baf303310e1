/** What each service used over a run, from its readings. */
import type { ServiceSample } from './resources.ts';
import type { ServiceSummary } from './summary.ts';

/**
 * The readings with the restarts of this run only: a supervisor counts them over a service's whole
 * life. `atStart` is what it had counted when the run began, by service.
 */
export function restartsSince(
  atStart: ReadonlyMap<string, number>,
  samples: readonly ServiceSample[],
): readonly ServiceSample[] {
  return samples.map((sample) => ({
    ...sample,
    restarts: Math.max(0, sample.restarts - (atStart.get(sample.name) ?? 0)),
  }));
}

/** The window of `cpuPct.max`: one busy second is not a limit, five are. */
const cpuWindowMs = 5000;

/**
 * One entry a service, by name. A reading counts for the time since the one before it. `ends`: what the
 * supervisor says at the end, which may be more than the last reading knew.
 */
export function serviceSummaries(
  samples: readonly ServiceSample[],
  ends: ReadonlyMap<string, number> = new Map(),
): ServiceSummary[] {
  const byName = Map.groupBy(samples, (sample) => sample.name);
  return [...byName.entries()]
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([name, readings]) =>
      serviceSummary(
        name,
        readings.toSorted((a, b) => a.atMs - b.atMs),
        ends.get(name) ?? 0,
      ),
    );
}

/**
 * `cpuPct.max` is the highest window, but never below `avg`: windows end at readings and cover what
 * is whole within them, so that with readings far apart or a run shorter than a window the mean over
 * all can be the higher one, and a maximum below the mean is no maximum.
 */
function serviceSummary(
  name: string,
  readings: readonly ServiceSample[],
  ends: number,
): ServiceSummary {
  const last = readings.at(-1);
  const cpuAvg = weightedMean(spans(readings, 'cpuPct'));
  const rss = readings.map((reading) => reading.rssMb);
  const lags = readings.flatMap((reading) => reading.loopLagMs ?? []);
  return {
    name,
    kind: last?.kind ?? '',
    pid: last?.pid ?? 0,
    cpuPct: { avg: cpuAvg, max: Math.max(cpuAvg, highestWindow(readings)) },
    rssMb: { avg: mean(rss), max: highest(rss) },
    loopLagMs: lags.length === 0 ? null : highest(lags),
    waitPct: weightedMean(spans(readings, 'waitPct')),
    restarts: Math.max(ends, highest(readings.map((reading) => reading.restarts))),
  };
}

/** A value and how long it held. */
type Span = { readonly fromMs: number; readonly toMs: number; readonly value: number };

/** The first reading has none before it: it is taken to cover as long as the second does. */
function spans(readings: readonly ServiceSample[], key: 'cpuPct' | 'waitPct'): Span[] {
  return readings.map((reading, i) => {
    const before = readings[i - 1];
    const next = readings[i + 1];
    const lengthMs =
      before !== undefined
        ? reading.atMs - before.atMs
        : next !== undefined
          ? next.atMs - reading.atMs
          : 1000;
    return {
      fromMs: reading.atMs - Math.max(lengthMs, 1),
      toMs: reading.atMs,
      value: reading[key],
    };
  });
}

/** The highest mean over a window that ends at a reading; over all there is when that is shorter. */
function highestWindow(readings: readonly ServiceSample[]): number {
  const all = spans(readings, 'cpuPct');
  const startMs = all[0]?.fromMs ?? 0;
  let highest = 0;
  let first = 0;
  for (const [end, span] of all.entries()) {
    const isShort = span.toMs - startMs < cpuWindowMs;
    if (isShort && end < all.length - 1) continue;
    const fromMs = span.toMs - cpuWindowMs;
    while ((all[first]?.toMs ?? Infinity) <= fromMs) first++;
    highest = Math.max(highest, weightedMean(clip(all.slice(first, end + 1), fromMs)));
  }
  return highest;
}

function clip(some: readonly Span[], fromMs: number): Span[] {
  return some.map((span) => ({ ...span, fromMs: Math.max(span.fromMs, fromMs) }));
}

function weightedMean(some: readonly Span[]): number {
  let weight = 0;
  let total = 0;
  for (const span of some) {
    weight += span.toMs - span.fromMs;
    total += span.value * (span.toMs - span.fromMs);
  }
  return weight === 0 ? 0 : total / weight;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of values from 0 on, however many: as arguments of Math.max a hundred thousand are too many. */
function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
