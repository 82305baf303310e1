/** Panels of a dashboard's JSON, with collapsed rows opened as Grafana opens them. */
import * as z from 'zod';

import type { GridPos, Panel, Row, Target } from './dashboard.ts';
import { fieldConfigSchema, fieldStyle } from './field-style.ts';
import { parseExpectation, withoutExpectation } from './panel-expectation.ts';
import { dataSourceRef, dataSourceSchema, textOf } from './parse-parts.ts';
import { readReduce } from './reduce.ts';

const targetSchema = z.looseObject({
  refId: z.string().default('A'),
  expr: z.string().optional(),
  legendFormat: z.string().nullish(),
  instant: z.boolean().nullish(),
  range: z.boolean().nullish(),
  format: z.string().nullish(),
  interval: z.string().nullish(),
  hide: z.boolean().nullish(),
  datasource: dataSourceSchema,
});

const panelSchema = z.looseObject({
  id: z.number().optional(),
  type: z.string(),
  title: z.string().default(''),
  description: z.string().default(''),
  gridPos: z
    .looseObject({
      x: z.number().min(0).max(24).default(0),
      y: z.number().min(0).default(0),
      w: z.number().min(1).max(24).default(12),
      h: z.number().min(1).default(8),
    })
    .default({ x: 0, y: 0, w: 12, h: 8 }),
  collapsed: z.boolean().nullish(),
  panels: z.array(z.unknown()).nullish(),
  datasource: dataSourceSchema,
  targets: z.array(targetSchema).default([]),
  interval: z.string().nullish(),
  maxDataPoints: z.number().nullish(),
  repeat: z.string().nullish(),
  repeatDirection: z.enum(['h', 'v']).nullish(),
  maxPerRow: z.number().nullish(),
  fieldConfig: fieldConfigSchema,
  options: z.record(z.string(), z.unknown()).nullish(),
  transformations: z.array(z.looseObject({ id: z.string(), options: z.unknown() })).nullish(),
});

type RawPanel = z.infer<typeof panelSchema> & { readonly path: PanelPath };

/** Where a panel stands in the document: `panels`, 2, and below a row once more. */
type PanelPath = readonly (string | number)[];

/** @param failed makes the failure to throw for a panel that cannot be read; `path` is where it is */
export function parsePanels(
  values: readonly unknown[],
  failed: (error: z.ZodError, path: PanelPath) => Error,
): { readonly panels: readonly Panel[]; readonly rows: readonly Row[] } {
  const readAll = (all: readonly unknown[], above: PanelPath): readonly RawPanel[] =>
    all.map((value, index) => {
      const path = [...above, 'panels', index];
      const parsed = panelSchema.safeParse(value);
      if (!parsed.success) throw failed(parsed.error, path);
      return { ...parsed.data, path };
    });
  const panels: Panel[] = [];
  const rows: Row[] = [];
  // What opened rows have pushed down so far.
  let pushed = 0;
  const raws = readAll(values, []).toSorted(
    (a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x,
  );
  for (const raw of raws) {
    const y = raw.gridPos.y + pushed;
    if (raw.type !== 'row') {
      panels.push(parsePanel(raw, { ...grid(raw), y }));
      continue;
    }
    const repeat = textOf(raw.repeat) || null;
    rows.push({ kind: 'row', title: raw.title, y, repeat, scoped: {} });
    const inside = readAll(raw.panels ?? [], raw.path);
    if (inside.length === 0) continue;
    const top = Math.min(...inside.map((one) => one.gridPos.y));
    const bottom = Math.max(...inside.map((one) => one.gridPos.y + one.gridPos.h));
    for (const one of inside) {
      panels.push(parsePanel(one, { ...grid(one), y: one.gridPos.y - top + y + 1 }));
    }
    if (raw.collapsed === true) pushed += bottom - top;
  }
  return { panels, rows };
}

function parsePanel(raw: RawPanel, gridPos: GridPos): Panel {
  const options = raw.options ?? {};
  return {
    id: raw.id ?? placeOf(raw.path),
    title: raw.title,
    description: withoutExpectation(raw.description),
    expectation: parseExpectation(raw.description) ?? { kind: 'data', needs: [] },
    type: raw.type,
    gridPos,
    datasource: dataSourceRef(raw.datasource),
    targets: raw.targets.flatMap(parseTarget),
    interval: textOf(raw.interval) || null,
    maxDataPoints: raw.maxDataPoints ?? null,
    style: fieldStyle(raw.fieldConfig),
    ...readReduce(options['reduceOptions']),
    text: textOf(options['content']),
    ...organised(raw.transformations ?? []),
    repeat:
      textOf(raw.repeat) === ''
        ? null
        : {
            variable: textOf(raw.repeat),
            direction: raw.repeatDirection ?? 'h',
            maxPerRow: raw.maxPerRow ?? 4,
          },
    scoped: {},
  };
}

/** Which one it is of its list, from 1. */
function placeOf(path: PanelPath): number {
  return Number(path.at(-1) ?? 0) + 1;
}

/** Hidden queries and queries that are not PromQL (or LogQL) are left out. */
function parseTarget(raw: z.infer<typeof targetSchema>): readonly Target[] {
  if (raw.hide === true || raw.expr === undefined || raw.expr.trim() === '') return [];
  const format = raw.format === 'table' || raw.format === 'heatmap' ? raw.format : 'time_series';
  return [
    {
      refId: raw.refId,
      expr: raw.expr,
      legendFormat: raw.legendFormat ?? '',
      instant: raw.instant === true && raw.range !== true,
      format,
      interval: textOf(raw.interval) || null,
      datasource: dataSourceRef(raw.datasource),
    },
  ];
}

const organise = z.looseObject({
  excludeByName: z.record(z.string(), z.boolean()).default({}),
  renameByName: z.record(z.string(), z.string()).default({}),
});

/** The transformation `organize`; others change nothing here. */
function organised(
  all: readonly { readonly id: string; readonly options?: unknown }[],
): Pick<Panel, 'hiddenColumns' | 'columnNames'> {
  const hiddenColumns: string[] = [];
  const columnNames: Record<string, string> = {};
  for (const { id, options } of all) {
    const parsed = id === 'organize' ? organise.safeParse(options) : undefined;
    if (parsed?.success !== true) continue;
    for (const [name, hidden] of Object.entries(parsed.data.excludeByName)) {
      if (hidden) hiddenColumns.push(name);
    }
    for (const [name, other] of Object.entries(parsed.data.renameByName)) {
      if (other !== '') columnNames[name] = other;
    }
  }
  return { hiddenColumns, columnNames };
}

function grid({ gridPos: { x, y, w, h } }: RawPanel): GridPos {
  return { x, y, w: Math.min(w, 24 - Math.min(x, 23)), h };
}
