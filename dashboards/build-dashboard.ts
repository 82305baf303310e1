/** From a dashboard as data to Grafana's JSON, schema v1: grid, variables, bands, links. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type { AnnotationQuery, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { buildPanel, heightOf } from './build-panel.ts';
import type { PanelSpec, RowSpec, TextSpec } from './panel-spec.ts';
import { variables } from './variables.ts';
import type { VariableName } from './variables.ts';

export type DashboardSpec = {
  /** Stable: links and bookmarks hold it. The name of the file, too. */
  readonly uid: string;
  readonly title: string;
  /** The question it answers. */
  readonly description: string;
  /** Beside `datasource`, in the order they are shown. */
  readonly variables: readonly VariableName[];
  readonly rows: readonly RowSpec[];
};

const columns = 24;
/** Every dashboard of ours; the links at the top lead to all with this tag. */
const tag = 'rtops';

/** The dashboard's JSON as Grafana reads it from a file. */
export function buildDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const built = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([tag])
    .timezone('browser')
    .readonly()
    .refresh('5s')
    .time({ from: 'now-15m', to: 'now' })
    .timepicker(
      new dashboard.TimePickerBuilder().refreshIntervals(['2s', '5s', '10s', '30s', '1m', '5m']),
    )
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables(variables(spec.variables))
    .build();
  return {
    ...built,
    annotations: { list: annotations().map(shown) },
    links: [linkToOthers()],
    panels: layOut(spec.rows),
  };
}

/** Rows below each other; panels from left to right, the next line below the highest of the last. */
function layOut(rows: readonly RowSpec[]): (Panel | RowPanel)[] {
  const laid: (Panel | RowPanel)[] = [];
  let y = 0;
  let id = 0;
  for (const row of rows) {
    const isCollapsed = row.collapsed === true;
    const rowId = (id += 1);
    const grid = placesOf(row, y + 1);
    const panels = grid.places.map(({ spec, at }) => buildPanel(spec, (id += 1), at));
    laid.push({
      type: 'row',
      id: rowId,
      title: row.title,
      collapsed: isCollapsed,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: isCollapsed ? panels : [],
    });
    if (!isCollapsed) laid.push(...panels);
    y = isCollapsed ? y + 1 : grid.end;
  }
  return laid;
}

type Place = { readonly spec: PanelSpec | TextSpec; readonly at: dashboard.GridPos };

function placesOf(row: RowSpec, top: number): { places: readonly Place[]; end: number } {
  const places: Place[] = [];
  let x = 0;
  let y = top;
  let lineHeight = 0;
  for (const spec of row.panels) {
    if (x + spec.width > columns) {
      x = 0;
      y += lineHeight;
      lineHeight = 0;
    }
    const h = heightOf(spec);
    places.push({ spec, at: { x, y, w: spec.width, h } });
    x += spec.width;
    lineHeight = Math.max(lineHeight, h);
  }
  return { places, end: y + lineHeight };
}

/** The SDK's default hides the switches of bands and the links in a menu of newer versions. */
function shown(annotation: AnnotationQuery): AnnotationQuery {
  const { placement: _, ...rest } = annotation;
  return rest;
}

/** At the top of each dashboard: the others, with the same time range and variables. */
function linkToOthers(): dashboard.DashboardLink {
  return {
    title: 'rtops',
    type: dashboard.DashboardLinkType.Dashboards,
    icon: 'external link',
    tooltip: 'The other dashboards, over the same time',
    tags: [tag],
    asDropdown: false,
    targetBlank: false,
    includeVars: true,
    keepTime: true,
  };
}
