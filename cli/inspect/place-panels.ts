/** Copies of repeated panels and rows, laid out in the grid as Grafana lays them. */
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

type Layout = Pick<Dashboard, 'panels' | 'rows'>;

/** Panels and rows as they are seen; what stands below a repeated panel or row moves down. */
export function placePanels(dashboard: Layout, valuesOf: RepeatValues): Layout {
  const written = withRepeatedRows(dashboard, valuesOf);
  let panels: readonly Panel[] = [];
  let rows = written.rows;
  let pushed = 0;
  const inOrder = written.panels.toSorted(
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

/** A row's own panels are those between it and the next row. */
function withRepeatedRows({ panels, rows }: Layout, valuesOf: RepeatValues): Layout {
  const inOrder = rows.toSorted((a, b) => a.y - b.y);
  const between = (from: number, until: number): readonly Panel[] =>
    panels.filter(({ gridPos }) => gridPos.y >= from && gridPos.y < until);
  const placed: Panel[] = [...between(0, inOrder[0]?.y ?? Infinity)];
  const copies: Row[] = [];
  let pushed = 0;
  for (const [index, row] of inOrder.entries()) {
    const next = inOrder[index + 1]?.y ?? Infinity;
    const own = between(row.y, next);
    const bottom = Math.max(row.y + 1, ...own.map(({ gridPos }) => gridPos.y + gridPos.h));
    const height = Math.min(next, bottom) - row.y;
    const values = row.repeat === null ? [] : valuesOf(row.repeat);
    const scopes = values.map((value) => ({ [row.repeat ?? '']: value }));
    for (const [at, scope] of (scopes.length === 0 ? [{}] : scopes).entries()) {
      const down = pushed + at * height;
      const scoped = { ...row.scoped, ...scope };
      copies.push({ ...row, scoped, y: row.y + down });
      for (const panel of own) {
        const gridPos = { ...panel.gridPos, y: panel.gridPos.y + down };
        placed.push({ ...panel, scoped: { ...panel.scoped, ...scope }, gridPos });
      }
    }
    pushed += Math.max(0, scopes.length - 1) * height;
  }
  return { panels: placed, rows: copies };
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
