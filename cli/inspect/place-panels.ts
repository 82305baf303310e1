/** Copies of repeated panels, laid out in the grid as Grafana lays them. */
import type { Dashboard, Panel, Row, VariableOption } from './dashboard.ts';
import type { Chosen } from './interpolate.ts';

/** The values a repeat goes over: those chosen, and where All has its own value every option. */
export type RepeatValues = (variable: string) => readonly string[];

export function repeatValues(
  chosen: Readonly<Record<string, Chosen>>,
  options: ReadonlyMap<string, readonly VariableOption[]>,
): RepeatValues {
  return (variable) => {
    const now = chosen[variable];
    if (now === undefined) return [];
    return now.literal === null ? now.values : (options.get(variable) ?? []).map((o) => o.value);
  };
}

/** Panels and rows as they are seen; what stands below a repeated panel moves down. */
export function placePanels(
  dashboard: Pick<Dashboard, 'panels' | 'rows'>,
  valuesOf: RepeatValues,
): { readonly panels: readonly Panel[]; readonly rows: readonly Row[] } {
  let panels: readonly Panel[] = [];
  let rows = dashboard.rows;
  let pushed = 0;
  const inOrder = dashboard.panels.toSorted(
    (a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x,
  );
  for (const panel of inOrder) {
    const y = panel.gridPos.y + pushed;
    const values = panel.repeat === null ? [] : valuesOf(panel.repeat.variable);
    if (panel.repeat === null || values.length === 0) {
      panels = [...panels, { ...panel, gridPos: { ...panel.gridPos, y } }];
      continue;
    }
    const copies = copiesOf(panel, panel.repeat, values, y);
    panels = [...panels, ...copies];
    const bottom = Math.max(...copies.map((one) => one.gridPos.y + one.gridPos.h));
    const more = bottom - (y + panel.gridPos.h);
    rows = rows.map((row) =>
      row.y > panel.gridPos.y + pushed ? { ...row, y: row.y + more } : row,
    );
    pushed += more;
  }
  return { panels, rows };
}

function copiesOf(
  panel: Panel,
  { variable, direction, maxPerRow }: NonNullable<Panel['repeat']>,
  values: readonly string[],
  y: number,
): readonly Panel[] {
  const { x, w, h } = panel.gridPos;
  const perRow = Math.max(1, Math.min(maxPerRow, values.length));
  const width = Math.max(1, Math.floor(24 / perRow));
  return values.map((value, index) => ({
    ...panel,
    scoped: { ...panel.scoped, [variable]: value },
    gridPos:
      direction === 'v'
        ? { x, w, h, y: y + index * h }
        : { x: (index % perRow) * width, w: width, h, y: y + Math.floor(index / perRow) * h },
  }));
}
