/** Pieces that several parts of a dashboard's JSON share. */
import * as z from 'zod';

import type { DataSourceRef } from './dashboard.ts';

/** Old dashboards name a data source by its name, newer ones by type and uid. */
export const dataSourceSchema = z
  .union([z.string(), z.looseObject({ type: z.string().nullish(), uid: z.string().nullish() })])
  .nullish();

export function dataSourceRef(value: z.infer<typeof dataSourceSchema>): DataSourceRef | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return { type: null, uid: value };
  return { type: value.type ?? null, uid: value.uid ?? null };
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
