/** Why a panel shows nothing, or nothing right. */
import { formatDuration } from '../report/format.ts';
import type { PanelNeed } from './panel-expectation.ts';

export type Cause =
  /** Prometheus has no target of that job, or none with those labels. */
  | { readonly kind: 'no-target'; readonly job: string; readonly metric: string | null }
  | {
      readonly kind: 'target-down';
      readonly job: string;
      readonly instance: string;
      readonly lastError: string;
    }
  | { readonly kind: 'never-created'; readonly metric: string; readonly near: string | null }
  | { readonly kind: 'outside-window'; readonly metric: string }
  | {
      readonly kind: 'label-mismatch';
      readonly metric: string;
      /** As `instance="ws-9"`. */
      readonly wanted: string;
      /** The label's values there are; empty: no series has the label. */
      readonly values: readonly string[];
    }
  | {
      readonly kind: 'too-few-samples';
      readonly selector: string;
      /** `null`: the whole window. */
      readonly range: string | null;
      readonly samples: number;
    }
  | { readonly kind: 'unknown-datasource'; readonly uid: string; readonly type: string }
  | { readonly kind: 'unknown-variable'; readonly name: string }
  | { readonly kind: 'query-error'; readonly text: string }
  /** Each selector has series; what stands between them leaves none. */
  | { readonly kind: 'nothing-joins'; readonly expr: string }
  | { readonly kind: 'nothing-observed' }
  | { readonly kind: 'only-zeros' }
  | { readonly kind: 'duplicate-legends'; readonly names: readonly string[] }
  | { readonly kind: 'too-many-series'; readonly count: number; readonly most: number }
  /** A step of the query is longer than what it should show was there. */
  | { readonly kind: 'stepped-over'; readonly stepMs: number; readonly lastedMs: number }
  | { readonly kind: 'missing'; readonly need: PanelNeed }
  /** A data source that only a Grafana can ask. */
  | { readonly kind: 'other-source'; readonly type: string }
  | { readonly kind: 'no-options'; readonly query: string }
  | { readonly kind: 'not-in-grafana'; readonly uid: string }
  | { readonly kind: 'no-events' }
  | { readonly kind: 'rule-unhealthy'; readonly text: string };

/** One sentence without a full stop. */
export function causeText(cause: Cause): string {
  switch (cause.kind) {
    case 'no-target':
      return `target not scraped: Prometheus had no target of job ${cause.job}${cause.metric === null ? '' : `, which has ${cause.metric}`}`;
    case 'target-down':
      return `target not scraped: ${cause.instance} (job ${cause.job}) was down${cause.lastError === '' ? '' : `: ${cause.lastError}`}`;
    case 'never-created':
      return `series never created: Prometheus never saw ${cause.metric}${cause.near === null ? '' : `; it has ${cause.near}`}`;
    case 'outside-window':
      return `no samples in the window: ${cause.metric} has some at other times`;
    case 'label-mismatch':
      return cause.values.length === 0
        ? `label mismatch: no series of ${cause.metric} has the label of ${cause.wanted}`
        : `label mismatch: no series of ${cause.metric} has ${cause.wanted}; there is ${listOf(cause.values)}`;
    case 'too-few-samples':
      return cause.range === null
        ? `too few samples: the window holds ${cause.samples} of ${cause.selector}; 2 are needed`
        : `too few samples: ${cause.selector}[${cause.range}] holds at most ${cause.samples}; 2 are needed`;
    case 'unknown-datasource':
      return cause.uid === ''
        ? `data source unknown: none of type ${cause.type || 'prometheus'} is provisioned`
        : `data source unknown: uid ${cause.uid} is not provisioned`;
    case 'unknown-variable':
      return `variable unknown: the dashboard has no $${cause.name}`;
    case 'query-error':
      return `query refused: ${cause.text}`;
    case 'nothing-joins':
      return `every selector has series, and the operators between them leave none: ${cause.expr}`;
    case 'nothing-observed':
      return 'only NaN: it divides by zero, or takes a quantile of nothing observed';
    case 'only-zeros':
      return 'only zeros in a window with traffic';
    case 'duplicate-legends':
      return `several series are called ${listOf(cause.names.map((name) => name || '(nothing)'))}`;
    case 'too-many-series':
      return `${cause.count} series; at most ${cause.most} can be told apart`;
    case 'stepped-over':
      return `the window is so wide that a step is ${formatDuration(cause.stepMs)}; what was there for ${formatDuration(cause.lastedMs)} falls between two`;
    case 'missing':
      return `no ${needWords[cause.need]}`;
    case 'other-source':
      return `its data source is ${cause.type}, which only --grafana can ask`;
    case 'no-options':
      return `the variable lists nothing: ${cause.query}`;
    case 'not-in-grafana':
      return `this Grafana has no dashboard with the uid ${cause.uid}`;
    case 'no-events':
      return 'no event in a window with a fault';
    case 'rule-unhealthy':
      return `the rule cannot be evaluated: ${cause.text}`;
  }
}

const needWords: Readonly<Record<PanelNeed, string>> = {
  loki: 'Loki here',
  alertmanager: 'Alertmanager here',
  nginx: 'nginx here',
  redis: 'Redis here',
  run: 'bench in the window',
  http: 'HTTP load',
  nodes: 'second server',
  log: 'message path log',
};

function listOf(values: readonly string[]): string {
  const shown = values.slice(0, 5).join(', ');
  return values.length > 5 ? `${shown}, … (${values.length})` : shown;
}
