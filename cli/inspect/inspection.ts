/** What a replay of dashboards found: rows to judge by, and all data to draw them from. */
import type { AnnotationEvent } from './annotation-events.ts';
import type { Cause } from './cause.ts';
import type { Panel, Row } from './dashboard.ts';
import { failsCheck } from './judge-panel.ts';
import type { PanelVerdict } from './judge-panel.ts';
import type { Window } from './panel-query.ts';
import type { NamedSeries } from './series.ts';

/** One line of the table. */
export type CheckRow = {
  /** Title of the dashboard; of a rule its group. */
  readonly dashboard: string;
  readonly kind: 'panel' | 'variable' | 'annotation' | 'rule';
  /** Panel title, `$name` of a variable, name of an annotation or a rule. */
  readonly name: string;
  /** Series of a panel or a rule's selectors, values of a variable, events of an annotation. */
  readonly count: number;
  readonly verdict: PanelVerdict;
  readonly cause: Cause | null;
  /** The query of the panel that the verdict is about. */
  readonly refId: string | null;
  /** Values of variables under which it is so, where the dashboard's own selection is fine. */
  readonly under: string | null;
};

export type DrawnQuery = {
  readonly refId: string;
  readonly instant: boolean;
  readonly format: 'time_series' | 'table' | 'heatmap';
  readonly series: readonly NamedSeries[];
};

export type DrawnPanel = {
  readonly panel: Panel;
  /** With variables put in. */
  readonly title: string;
  /** `null` for a panel without queries. */
  readonly row: CheckRow | null;
  readonly queries: readonly DrawnQuery[];
};

export type DrawnBand = AnnotationEvent & { readonly color: string };

export type DrawnDashboard = {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
  readonly panels: readonly DrawnPanel[];
  /** Of each variable what it stood for. */
  readonly variables: readonly { readonly name: string; readonly text: string }[];
  readonly bands: readonly DrawnBand[];
};

export type Inspection = {
  readonly window: Window;
  /** Without credentials. */
  readonly source: string;
  /** The id of the run the window is of; `null` for a window that was typed. */
  readonly run: string | null;
  /** How far Prometheus' clock is ahead of this machine's; negative: behind. */
  readonly skewMs: number;
  readonly rows: readonly CheckRow[];
  readonly dashboards: readonly DrawnDashboard[];
};

export type Tally = {
  readonly panels: number;
  readonly ok: number;
  readonly healthy: number;
  readonly skipped: number;
  readonly unseen: number;
  readonly failed: number;
};

/** Of all rows; `panels` counts those of panels alone. */
export function tally(rows: readonly CheckRow[]): Tally {
  const count = (is: (row: CheckRow) => boolean): number => rows.filter(is).length;
  return {
    panels: count((row) => row.kind === 'panel'),
    ok: count((row) => row.verdict === 'ok'),
    healthy: count((row) => row.verdict === 'healthy'),
    skipped: count((row) => row.verdict === 'skipped'),
    unseen: count((row) => row.verdict === 'unseen'),
    failed: count((row) => failsCheck(row.verdict)),
  };
}

/**
 * `no-data`: there was no panel that could be judged, or something could not be seen in steps so wide,
 * so that the check proves nothing.
 */
export function checkVerdict(rows: readonly CheckRow[]): 'pass' | 'fail' | 'no-data' {
  if (rows.some(({ verdict }) => failsCheck(verdict))) return 'fail';
  if (rows.some(({ verdict }) => verdict === 'unseen')) return 'no-data';
  const isJudged = ({ kind, verdict }: CheckRow): boolean =>
    kind === 'panel' && verdict !== 'skipped';
  return rows.some(isJudged) ? 'pass' : 'no-data';
}
