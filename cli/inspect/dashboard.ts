/** A Grafana dashboard (v1 JSON) as far as its queries and its picture need it. */
import type { PanelExpectation } from './panel-expectation.ts';

/** `uid` may name a variable, as `${datasource}`; `null`: Grafana's default data source. */
export type DataSourceRef = { readonly type: string | null; readonly uid: string | null };

/** In the grid of 24 columns; a row of it is 30 px high with a gap of 8. */
export type GridPos = {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
};

/** One query of a panel, as written. */
export type Target = {
  readonly refId: string;
  readonly expr: string;
  /** Empty: the metric and all labels; `__auto`: what tells the series apart. */
  readonly legendFormat: string;
  /** One value at the end of the window, instead of a line through it. */
  readonly instant: boolean;
  readonly format: 'time_series' | 'table' | 'heatmap';
  /** The least step, as `15s`; a variable may stand in it. */
  readonly interval: string | null;
  readonly datasource: DataSourceRef | null;
};

export type Threshold = { readonly value: number; readonly color: string };

/** How the fields of a panel look. */
export type FieldStyle = {
  /** Grafana's unit id: `s`, `bytes`, `percentunit`, … */
  readonly unit: string;
  readonly decimals: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly noValue: string;
  /** The base colour is left out: it is no threshold. */
  readonly thresholds: readonly Threshold[];
  /** Whether a threshold is drawn as a line or an area in a time series. */
  readonly thresholdLines: boolean;
  readonly stacked: boolean;
  /** 0–100. */
  readonly fillOpacity: number;
  readonly drawStyle: 'line' | 'bars' | 'points';
  readonly logarithmic: boolean;
  /** A value's text and colour by the value, as `1` → `up`, green. */
  readonly mappings: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
};

/** How to reduce a series to one figure. */
export type Reduce = 'last' | 'max' | 'min' | 'mean' | 'sum' | 'first' | 'range' | 'diff';

export type Panel = {
  readonly id: number;
  readonly title: string;
  /** Without the line of the expectation. */
  readonly description: string;
  readonly expectation: PanelExpectation;
  /** The plugin: `timeseries`, `stat`, `table`, … */
  readonly type: string;
  readonly gridPos: GridPos;
  readonly datasource: DataSourceRef | null;
  readonly targets: readonly Target[];
  readonly interval: string | null;
  readonly maxDataPoints: number | null;
  readonly style: FieldStyle;
  readonly reduce: Reduce;
  /** `true` where the options ask for every value and not for a reduced one. */
  readonly allValues: boolean;
  /** Of a text panel. */
  readonly text: string;
  /** Columns of a table that are not shown, and other names of those that are. */
  readonly hiddenColumns: readonly string[];
  readonly columnNames: Readonly<Record<string, string>>;
  readonly repeat: {
    readonly variable: string;
    readonly direction: 'h' | 'v';
    readonly maxPerRow: number;
  } | null;
  /** The values this copy of a repeated panel stands for. */
  readonly scoped: Readonly<Record<string, string>>;
};

export type VariableOption = { readonly text: string; readonly value: string };

type VariableCommon = {
  readonly name: string;
  readonly multi: boolean;
  readonly includeAll: boolean;
  /** What stands for All; `null`: every option. */
  readonly allValue: string | null;
  /** As saved: values, or `$__all`. Empty: nothing was saved. */
  readonly current: readonly string[];
};

export type Variable =
  | (VariableCommon & {
      readonly kind: 'query';
      readonly query: string;
      readonly regex: string;
      /** Grafana's number: 0 as they come, 1/2 alphabetical, 3/4 numerical, 5/6 without case. */
      readonly sort: number;
      readonly datasource: DataSourceRef | null;
    })
  | (VariableCommon & {
      readonly kind: 'listed';
      /** `custom`, `interval`, `constant` or `textbox`. */
      readonly options: readonly VariableOption[];
    })
  | (VariableCommon & {
      readonly kind: 'datasource';
      /** The plugin type, as `prometheus`. */
      readonly plugin: string;
    })
  /** Kinds whose value no query of ours may depend on (`adhoc`, …). */
  | (VariableCommon & { readonly kind: 'other'; readonly type: string });

/** A query whose stretches above zero are bands over every panel. */
export type Annotation = {
  readonly name: string;
  readonly expr: string;
  readonly enabled: boolean;
  readonly color: string;
  /** Duration text; samples no further apart are one band. */
  readonly step: string;
  readonly titleFormat: string;
  readonly textFormat: string;
  readonly datasource: DataSourceRef | null;
};

export type Row = {
  readonly kind: 'row';
  readonly title: string;
  readonly y: number;
  /** The variable of which each value has a copy of the row and its panels. */
  readonly repeat: string | null;
  /** The values this copy stands for. */
  readonly scoped: Readonly<Record<string, string>>;
};

export type Dashboard = {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly file: string;
  readonly variables: readonly Variable[];
  readonly annotations: readonly Annotation[];
  /** Collapsed rows opened, in the order of the grid. */
  readonly panels: readonly Panel[];
  readonly rows: readonly Row[];
};

/** A data source that Grafana is provisioned with. */
export type DataSource = {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly isDefault: boolean;
  /** `jsonData.timeInterval` in seconds: what Grafana takes for the scrape interval; 15 where unset. */
  readonly scrapeIntervalSec: number;
};
