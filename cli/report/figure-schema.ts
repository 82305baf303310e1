/** Figures as report.json and detail.json have them. */
import * as z from 'zod';

export const count = z.number().nonnegative();
export const figure = z.number();

export const latencyMs = z.looseObject({
  p50: figure,
  p90: figure,
  p95: figure,
  p99: figure,
  p999: figure,
  max: figure,
});

export const threeQuantiles = z.looseObject({ p50: figure, p95: figure, p99: figure });

export const fourQuantiles = z.looseObject({ p50: figure, p95: figure, p99: figure, max: figure });
