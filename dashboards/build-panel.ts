/** From a panel as data to Grafana's JSON, through the SDK's typed builders. */
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as logs from '@grafana/grafana-foundation-sdk/logs';
import * as loki from '@grafana/grafana-foundation-sdk/loki';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { withExpectation } from '../cli/inspect/panel-expectation.ts';
import { datasourceVariable, lokiVariable } from './datasources.ts';
import type { PanelSpec, PanelQuery, Target, TextSpec, States } from './panel-spec.ts';

const defaultHeight = 8;

/** The finished panel; its place on the grid is the layout's. */
export function buildPanel(
  spec: PanelSpec | TextSpec,
  id: number,
  gridPos: dashboard.GridPos,
): dashboard.Panel {
  const { title } = spec;
  if (!isQueried(spec)) {
    const { view, description } = spec;
    return { ...textPanel(view.markdown), id, gridPos, title, description };
  }
  return {
    ...visual(spec),
    ...{ id, gridPos, title },
    description: withExpectation(spec.description, {
      kind: spec.expect,
      needs: spec.needs ?? [],
      zero: spec.queries.flatMap(({ mayBeZero }, at) => (mayBeZero ? [refIdOf(at)] : [])),
    }),
    ...(spec.repeat === undefined ? {} : { repeat: spec.repeat, maxPerRow: 2 }),
  };
}

export function heightOf(spec: PanelSpec | TextSpec): number {
  return spec.height ?? defaultHeight;
}

function isQueried(spec: PanelSpec | TextSpec): spec is PanelSpec {
  return spec.view.kind !== 'text';
}

function textPanel(markdown: string): dashboard.Panel {
  return new text.PanelBuilder().mode(text.TextMode.Markdown).content(markdown).build();
}

function visual(spec: PanelSpec): dashboard.Panel {
  const panel = viewOf(spec);
  panel.unit(unitOf(spec)).noValue(spec.whyEmpty).min(0);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.target !== undefined) panel.thresholds(thresholds(spec.target));
  const isLoki = spec.needs?.includes('loki') === true;
  panel.datasource(
    isLoki
      ? { type: 'loki', uid: `\${${lokiVariable}}` }
      : { type: 'prometheus', uid: `\${${datasourceVariable}}` },
  );
  panel.targets(spec.queries.map((query, at) => target(spec, query, at, isLoki)));
  return panel.build();
}

function target(
  spec: PanelSpec,
  { expr, legend }: PanelQuery,
  at: number,
  isLoki: boolean,
): Builder<Dataquery> {
  const refId = refIdOf(at);
  if (isLoki) return new loki.DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend);
  const query = new prometheus.DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend);
  query.datasource({ type: 'prometheus', uid: `\${${datasourceVariable}}` });
  query.editorMode(prometheus.QueryEditorMode.Code);
  if (spec.view.kind === 'table') return query.instant().format(prometheus.PromQueryFormat.Table);
  if (spec.view.kind === 'heatmap') return query.range().format(prometheus.PromQueryFormat.Heatmap);
  return query.range();
}

/** `A`, `B`, … */
function refIdOf(at: number): string {
  return String.fromCodePoint('A'.charCodeAt(0) + at);
}

/** What the builders of all views have in common. */
type VisualBuilder = Builder<dashboard.Panel> & {
  unit(unit: string): VisualBuilder;
  noValue(text: string): VisualBuilder;
  min(min: number): VisualBuilder;
  max(max: number): VisualBuilder;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): VisualBuilder;
  datasource(ref: common.DataSourceRef): VisualBuilder;
  targets(targets: Builder<Dataquery>[]): VisualBuilder;
};

function viewOf({ view, target: goal, queries }: PanelSpec): VisualBuilder {
  switch (view.kind) {
    case 'lines':
      return lines(goal).fillOpacity(queries.length === 1 ? 10 : 0);
    case 'stacked':
      return lines(goal).fillOpacity(40).stacking(stacked());
    case 'bars':
      return lines(goal)
        .drawStyle(common.GraphDrawStyle.Bars)
        .fillOpacity(80)
        .lineWidth(0)
        .stacking(stacked());
    case 'stat':
      return new stat.PanelBuilder()
        .reduceOptions(reduceTo(view.figure === 'highest' ? 'max' : 'lastNotNull'))
        .graphMode(common.BigValueGraphMode.Area)
        .colorMode(
          goal === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value,
        );
    case 'bar-gauge':
      return new bargauge.PanelBuilder()
        .reduceOptions(reduceTo('lastNotNull'))
        .displayMode(common.BarGaugeDisplayMode.Basic)
        .orientation(common.VizOrientation.Horizontal);
    case 'heatmap':
      return new heatmap.PanelBuilder().yAxis(new heatmap.YAxisConfigBuilder().unit('s'));
    case 'table':
      // What is told is in the labels; the value is always 1.
      return new table.PanelBuilder().withTransformation({
        id: 'organize',
        options: { excludeByName: { Time: true, Value: true } },
      });
    case 'timeline':
      return new statetimeline.PanelBuilder()
        .mappings([mapping(view.states)])
        .showValue(common.VisibilityMode.Never)
        .legend(new common.VizLegendOptionsBuilder().showLegend(true));
    case 'logs':
      return new logs.PanelBuilder()
        .showTime(true)
        .wrapLogMessage(true)
        .enableLogDetails(true)
        .sortOrder(common.LogsSortOrder.Ascending);
  }
}

function lines(goal: Target | undefined): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .lineWidth(1)
    .showPoints(common.VisibilityMode.Never)
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    );
  if (goal !== undefined) {
    // The target stays in sight, and a flat zero does not stretch to 100 %.
    if ('atMost' in goal) panel.axisSoftMax(2 * goal.atMost);
    panel.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  }
  return panel;
}

function stacked(): common.StackingConfigBuilder {
  return new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A');
}

function reduceTo(calc: 'lastNotNull' | 'max'): common.ReduceDataOptionsBuilder {
  return new common.ReduceDataOptionsBuilder().values(false).calcs([calc]).fields('');
}

/** A threshold says "at or above": red from the bound on, or green from it on. */
function thresholds(goal: Target): dashboard.ThresholdsConfigBuilder {
  const [bound, below, above] =
    'atMost' in goal ? [goal.atMost, 'green', 'red'] : [goal.atLeast, 'red', 'green'];
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([
    { value: null, color: below },
    { value: bound, color: above },
  ]);
}

function mapping(states: States): dashboard.ValueMapping {
  const options = Object.entries(states).map(([value, state], index) => [
    value,
    { ...state, index },
  ]);
  return { type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) };
}

/** `cores` is ours: a plain number with a suffix. */
function unitOf({ unit }: PanelSpec): string {
  return unit === 'cores' ? 'suffix: cores' : unit;
}
