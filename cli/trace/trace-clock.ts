/**
 * One clock for what users, servers and nginx wrote down. Users' records count µs of CLOCK_MONOTONIC
 * from run start; servers stamp the same clock; nginx has the wall clock, in whole ms.
 */
import type { LogLine, LogStamp } from './log-line.ts';

/** When the run began, by both clocks. */
export type RunStart = {
  /** Wall clock, ms since 1970. */
  readonly wallMs: number;
  /** CLOCK_MONOTONIC, µs; `undefined`: the run did not note it. */
  readonly us: number | undefined;
};

/** µs since run start, and how far off it may be. */
export type Moment = { readonly atUs: number; readonly errorUs: number };

/** Two clocks read one after the other, and ms where µs are wanted: what a wall time may be off by. */
const wallErrorUs = 2000;
/** The wall clock was set, or slewed this far, within the run. */
const notedSkewMs = 5;
/** So far in one line only: less is a process that was held up between its two stamps. */
const notedOnceMs = 100;

export type TraceClock = {
  ofLine(line: LogStamp): Moment;
  /** @param wallMs ms since 1970 */
  ofWall(wallMs: number): Moment;
  /**
   * How far the wall clock of the lines is from where it was at run start, in ms, where it is
   * farthest; 0 below 5 ms.
   */
  readonly skewMs: number;
  /** It was moved between some of the lines and others. */
  readonly skewVaries: boolean;
};

/** @param lines those of the trace: they tell whether the wall clock was moved. */
export function traceClock(start: RunStart, lines: readonly LogLine[]): TraceClock {
  const seen = skewsOf(start, lines);
  const median = seen[Math.floor(seen.length / 2)]?.skewMs ?? 0;
  const farthest = seen.reduce(
    (most, { skewMs }) => (Math.abs(skewMs - median) > Math.abs(most - median) ? skewMs : most),
    median,
  );
  const skewVaries = Math.abs(farthest - median) >= notedOnceMs;
  const constantMs = Math.abs(median) < notedSkewMs ? 0 : median;
  const skewMs = skewVaries && Math.abs(farthest) > Math.abs(constantMs) ? farthest : constantMs;
  const ofWall = (wallMs: number): Moment => {
    const here = skewVaries ? skewAt(seen, wallMs) : constantMs;
    return {
      atUs: Math.round((wallMs - start.wallMs - here) * 1000),
      errorUs: wallErrorUs + Math.abs(skewMs) * 1000,
    };
  };
  return {
    skewMs,
    skewVaries,
    ofWall,
    ofLine: ({ us, timeMs }) =>
      us === undefined || start.us === undefined
        ? ofWall(timeMs)
        : { atUs: us - start.us, errorUs: 1 },
  };
}

type Skew = { readonly timeMs: number; readonly skewMs: number };

/** Of the lines that bear both clocks, by skew. */
function skewsOf({ wallMs, us: startUs }: RunStart, lines: readonly LogLine[]): readonly Skew[] {
  if (startUs === undefined) return [];
  return lines
    .flatMap(({ timeMs, us }) =>
      us === undefined ? [] : [{ timeMs, skewMs: timeMs - wallMs - (us - startUs) / 1000 }],
    )
    .toSorted((a, b) => a.skewMs - b.skewMs);
}

/** Of the line whose wall clock stood nearest. */
function skewAt(seen: readonly Skew[], wallMs: number): number {
  const distance = ({ timeMs }: Skew): number => Math.abs(timeMs - wallMs);
  return (
    seen.reduce<Skew | undefined>(
      (best, one) => (best === undefined || distance(one) < distance(best) ? one : best),
      undefined,
    )?.skewMs ?? 0
  );
}
