import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

import { createHistogram, decodeHistogram } from './histogram.ts';
import type { Histogram } from './histogram.ts';

/** 20,000 values from 1 µs to about 30 min, the same at each call. */
function values(): number[] {
  let state = 42;
  return Array.from({ length: 20_000 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 0x80000000;
    return Math.ceil(Math.exp((state / 0x80000000) * 21));
  });
}

function filled(from: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of from) histogram.record(value);
  return histogram;
}

/** Nearest rank, in ms. */
function exactMs(from: readonly number[], q: number): number {
  const sorted = from.toSorted((a, b) => a - b);
  return (sorted[Math.max(Math.ceil(q * sorted.length), 1) - 1] ?? 0) / 1000;
}

describe('a histogram', () => {
  test('gives quantiles of all sizes within a thousandth of the exact ones', () => {
    const histogram = filled(values());
    for (const q of [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1]) {
      const exact = exactMs(values(), q);
      const seen = histogram.quantileMs(q) ?? 0;
      expect(seen).toBeGreaterThanOrEqual(exact);
      expect(seen).toBeLessThanOrEqual(exact * 1.001 + 0.001);
    }
  });

  test('counts up to each bound what lies there, to a thousandth', () => {
    const boundsSec = [0.001, 0.03, 1, 15];
    const { upTo, count, sumSec } = filled(values()).countsUpTo(boundsSec);
    expect(count).toBe(values().length);
    for (const [at, bound] of boundsSec.entries()) {
      const below = (factor: number): number =>
        values().filter((us) => us <= bound * 1e6 * factor).length;
      expect(upTo[at]).toBeGreaterThanOrEqual(below(1));
      expect(upTo[at]).toBeLessThanOrEqual(below(1.001));
    }
    const exactSec = values().reduce((sum, us) => sum + us / 1e6, 0);
    expect(Math.abs(sumSec / exactSec - 1)).toBeLessThan(0.001);
  });

  test('of nothing counts nothing, and of what is above all bounds only the whole', () => {
    expect(createHistogram().countsUpTo([1, 2])).toEqual({ upTo: [0, 0], count: 0, sumSec: 0 });
    expect(filled([3_000_000]).countsUpTo([1, 2])).toMatchObject({ upTo: [0, 0], count: 1 });
  });

  test('of few values names one of them, by nearest rank', () => {
    const histogram = filled([1, 2, 3, 4]);
    expect([0, 0.25, 0.26, 0.5, 0.75, 0.76, 1].map((q) => histogram.quantileMs(q))).toEqual([
      0.001, 0.001, 0.002, 0.002, 0.003, 0.004, 0.004,
    ]);
  });

  test('without values has no quantile, and a latency of zeros', () => {
    const histogram = createHistogram();
    expect(histogram.quantileMs(0.95)).toBeUndefined();
    expect(histogram.latencyMs()).toEqual({ p50: 0, p90: 0, p95: 0, p99: 0, p999: 0, max: 0 });
  });

  test('takes values below 1 µs as 1 and above an hour as an hour', () => {
    expect(filled([0, -5, 0.3]).latencyMs().max).toBe(0.001);
    expect(filled([1e12]).latencyMs().max / 3_600_000).toBeCloseTo(1, 2);
  });

  test('merged equals one that recorded everything, and not the mean of the parts', () => {
    const all = values();
    const low = filled(all.filter((value) => value < 5000));
    const high = filled(all.filter((value) => value >= 5000));
    low.merge(high);
    expect(low.count).toBe(all.length);
    expect(low.latencyMs()).toEqual(filled(all).latencyMs());
  });

  test('refuses to merge what it cannot read, rather than leave it out', () => {
    const foreign = { ...createHistogram(), count: 5 };
    expect(() => createHistogram().merge(foreign)).toThrow('not a histogram of this build');
  });

  test('starts anew after a reset', () => {
    const histogram = filled([7, 8]);
    histogram.reset();
    expect(histogram.count).toBe(0);
    histogram.record(3);
    expect(histogram.latencyMs().max).toBe(0.003);
  });

  test('encoded in another process decodes to the same counts and quantiles', async () => {
    const source = new URL('./histogram.ts', import.meta.url).href;
    const program = `
      const { createHistogram } = await import(${JSON.stringify(source)});
      const histogram = createHistogram();
      for (const value of ${JSON.stringify(values())}) histogram.record(value);
      process.stdout.write(histogram.encode());`;
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const read = decodeHistogram(stdout);
    const here = filled(values());
    expect(read.count).toBe(here.count);
    for (const q of [0.5, 0.95, 0.99, 0.999]) expect(read.quantileMs(q)).toBe(here.quantileMs(q));
    read.merge(here);
    expect(read.count).toBe(2 * here.count);
    expect(read.quantileMs(0.99)).toBe(here.quantileMs(0.99));
  });

  test('of an empty second encodes and decodes', () => {
    expect(decodeHistogram(createHistogram().encode()).count).toBe(0);
  });

  test('refuses a text that is not one', () => {
    expect(() => decodeHistogram('bm90IGEgaGlzdG9ncmFt')).toThrow('Encoding not supported');
  });
});
