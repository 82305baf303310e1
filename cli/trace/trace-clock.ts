/**
 * One clock for what users, servers and nginx wrote down. Users' records count µs of CLOCK_MONOTONIC
 * from run start; servers stamp the same clock; nginx has the wall clock, in whole ms.
 */
import type { LogLine } from './log-line.ts';

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

export type TraceClock = {
  ofLine(line: LogLine): Moment;
  /** @param wallMs ms since 1970 */
  ofWall(wallMs: number): Moment;
  /** How far the wall clock of the lines is from where it was at run start, in ms; 0 below 5 ms. */
  readonly skewMs: number;
};

/** @param lines those of the trace: they tell whether the wall clock was moved. */
export function traceClock(start: RunStart, lines: readonly LogLine[]): TraceClock {
  const skewMs = wallSkewMs(start, lines);
  const ofWall = (wallMs: number): Moment => ({
    atUs: Math.round((wallMs - start.wallMs - skewMs) * 1000),
    errorUs: wallErrorUs + Math.abs(skewMs) * 1000,
  });
  return {
    skewMs,
    ofWall,
    ofLine: ({ us, timeMs }) =>
      us === undefined || start.us === undefined
        ? ofWall(timeMs)
        : { atUs: us - start.us, errorUs: 1 },
  };
}

function wallSkewMs(start: RunStart, lines: readonly LogLine[]): number {
  const { us } = start;
  if (us === undefined) return 0;
  const skews = lines
    .flatMap((line) =>
      line.us === undefined ? [] : [line.timeMs - start.wallMs - (line.us - us) / 1000],
    )
    .toSorted((a, b) => a - b);
  const median = skews[Math.floor(skews.length / 2)] ?? 0;
  return Math.abs(median) < notedSkewMs ? 0 : median;
}
