/** Readings over time as columns of a chart: thinned where there are many, broken where there were none. */

/** What is drawn at one moment; without a reading the lines break there. */
export type Column<T> = {
  /** Since run start. */
  readonly sec: number;
  readonly readings: readonly T[];
};

/** Points of a chart; more than a screen has pixels for tell nothing. */
export const maxPoints = 600;
/** Readings come every second: after three without one a line drawn on would be made up. */
const longestPauseMs = 3000;

/** Readings in the order of their time, at most about `max` columns. */
export function columnsOf<T>(
  readings: readonly T[],
  msOf: (reading: T) => number,
  max = maxPoints,
): readonly Column<T>[] {
  const size = Math.max(1, Math.ceil(readings.length / max));
  const columns: Column<T>[] = [];
  let own: T[] = [];
  let lastMs = -Infinity;
  const close = (): void => {
    if (own.length > 0) columns.push({ sec: seconds(lastMs), readings: own });
    own = [];
  };
  for (const reading of readings) {
    const atMs = msOf(reading);
    const isPaused = atMs - lastMs > longestPauseMs;
    if (isPaused || own.length === size) close();
    if (isPaused && columns.length > 0) {
      columns.push({ sec: seconds((lastMs + atMs) / 2), readings: [] });
    }
    own.push(reading);
    lastMs = atMs;
  }
  close();
  return columns;
}

/** The highest figure of a column, so that no peak is lost; `null` where there is none. */
export function highest<T>(
  { readings }: Column<T>,
  read: (reading: T) => number | null,
): number | null {
  let best: number | null = null;
  for (const reading of readings) {
    const value = read(reading);
    if (value !== null && (best === null || value > best)) best = value;
  }
  return best === null ? null : short(best);
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** Four significant digits: more than a chart can show, few enough to keep the file small. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
