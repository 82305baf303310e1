/** Series out of the data frames that Grafana's `/api/ds/query` answers. */
import * as z from 'zod';

import type { Labels, Point, Series } from '../inspect/series.ts';

const frame = z.looseObject({
  schema: z.looseObject({
    fields: z.array(
      z.looseObject({
        name: z.string().default(''),
        type: z.string().default(''),
        labels: z.record(z.string(), z.string()).nullish(),
      }),
    ),
  }),
  data: z.looseObject({
    values: z.array(z.array(z.unknown())).default([]),
    /** By field: where values stand that JSON has no word for. */
    entities: z
      .array(
        z
          .looseObject({
            NaN: z.array(z.number()).optional(),
            Inf: z.array(z.number()).optional(),
            NegInf: z.array(z.number()).optional(),
          })
          .nullable(),
      )
      .nullish(),
  }),
});

type Frame = z.infer<typeof frame>;

/**
 * A series for each field of numbers. A frame of log lines becomes one series with a 1 for each
 * line; a table gets its text columns as labels, a series a row.
 */
export function readFrames(frames: readonly unknown[]): readonly Series[] {
  return frames.flatMap((value) => {
    const parsed = frame.safeParse(value);
    return parsed.success ? readFrame(parsed.data) : [];
  });
}

function readFrame({ schema, data }: Frame): readonly Series[] {
  const { fields } = schema;
  const timeIndex = fields.findIndex((field) => field.type === 'time');
  const times = (data.values[timeIndex] ?? []).map(Number);
  const numbers = fields.flatMap((field, index) =>
    field.type === 'number' ? [{ field, index }] : [],
  );
  const texts = fields.flatMap((field, index) =>
    field.type === 'string' ? [{ name: field.name, values: data.values[index] ?? [] }] : [],
  );
  if (numbers.length === 0) {
    return times.length === 0 ? [] : [{ labels: {}, points: times.map((at) => [at, 1]) }];
  }
  return numbers.flatMap(({ field, index }): readonly Series[] => {
    const own: Labels = field.labels ?? {};
    const rows = readValues(data, index).flatMap((value, row) =>
      value === null ? [] : [{ row, point: [times[row] ?? 0, value] satisfies Point }],
    );
    if (texts.length === 0) return [{ labels: own, points: rows.map(({ point }) => point) }];
    return rows.map(({ row, point }) => {
      const written = texts.map(({ name, values }) => [name, textOf(values[row])] as const);
      return { labels: { ...own, ...Object.fromEntries(written) }, points: [point] };
    });
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function readValues(data: Frame['data'], index: number): readonly (number | null)[] {
  const odd = data.entities?.[index];
  return (data.values[index] ?? []).map((value, row) => {
    if (odd?.NaN?.includes(row) === true) return NaN;
    if (odd?.Inf?.includes(row) === true) return Infinity;
    if (odd?.NegInf?.includes(row) === true) return -Infinity;
    return typeof value === 'number' ? value : null;
  });
}
