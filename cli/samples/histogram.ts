/** A mergeable latency histogram (HDR, 3 significant digits, 1 µs to 1 h). Merged, never averaged. */
import * as hdr from 'hdr-histogram-js';

import type { LatencyMs } from './summary.ts';

/** Records µs; quantiles come out in ms. */
export type Histogram = {
  /** Records one latency in µs; below 1 counts as 1. */
  record(valueUs: number): void;
  readonly count: number;
  merge(other: Histogram): void;
  reset(): void;
  /** q in 0–1. `undefined` when nothing was recorded: no samples is not 0 ms. */
  quantileMs(q: number): number | undefined;
  latencyMs(): LatencyMs;
  /** How many lie at or below each bound (ascending, in seconds), within the histogram's resolution. */
  countsUpTo(boundsSec: readonly number[]): BucketCounts;
  /** A compact text that {@link decodeHistogram} reads in another process. */
  encode(): string;
};

/** A histogram as Prometheus has it: cumulative, in seconds. */
export type BucketCounts = {
  /** In the order of the bounds. */
  readonly upTo: readonly number[];
  readonly count: number;
  readonly sumSec: number;
};

const highestUs = 3_600_000_000;

/** An empty histogram. */
export function createHistogram(): Histogram {
  return wrap(
    hdr.build({
      bitBucketSize: 32,
      lowestDiscernibleValue: 1,
      highestTrackableValue: highestUs,
      numberOfSignificantValueDigits: 3,
      autoResize: false,
      useWebAssembly: false,
    }),
  );
}

/** The inverse of {@link Histogram.encode}. */
export function decodeHistogram(text: string): Histogram {
  return wrap(hdr.decodeFromCompressedBase64(text, 32, false));
}

type Inner = hdr.Histogram;
const innerOf = new WeakMap<Histogram, Inner>();
const foreign = 'not a histogram of this build';

function wrap(inner: Inner): Histogram {
  const histogram: Histogram = {
    record(valueUs) {
      inner.recordValue(Math.min(Math.max(Math.round(valueUs), 1), highestUs));
    },
    get count() {
      return inner.totalCount;
    },
    merge(other) {
      const theirs = innerOf.get(other);
      if (theirs === undefined) throw new TypeError(foreign);
      inner.add(theirs);
    },
    reset() {
      inner.reset();
    },
    quantileMs(q) {
      return inner.totalCount === 0 ? undefined : inner.getValueAtPercentile(q * 100) / 1000;
    },
    latencyMs() {
      const at = (q: number): number => histogram.quantileMs(q) ?? 0;
      return {
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        max: inner.totalCount === 0 ? 0 : inner.maxValue / 1000,
      };
    },
    countsUpTo: (boundsSec) => countsUpTo(inner, boundsSec),
    encode: () => hdr.encodeIntoCompressedBase64(inner),
  };
  innerOf.set(histogram, inner);
  return histogram;
}

/** One pass over the counts: the library's own iterator makes an object of every value. */
function countsUpTo(inner: Inner, boundsSec: readonly number[]): BucketCounts {
  if (!(inner instanceof hdr.JsHistogram)) throw new TypeError(foreign);
  const lastOfBound = boundsSec.map((sec) => inner.countsArrayIndex(Math.round(sec * 1e6)));
  const end = inner.totalCount === 0 ? -1 : inner.countsArrayIndex(inner.maxValue);
  const upTo: number[] = [];
  let count = 0;
  let sumUs = 0;
  for (let index = 0; index <= end; index += 1) {
    const here = inner.getCountAtIndex(index);
    while (upTo.length < lastOfBound.length && index > (lastOfBound[upTo.length] ?? 0)) {
      upTo.push(count);
    }
    if (here === 0) continue;
    count += here;
    sumUs += here * inner.medianEquivalentValue(inner.valueFromIndex(index));
  }
  while (upTo.length < boundsSec.length) upTo.push(count);
  return { upTo, count, sumSec: sumUs / 1e6 };
}
