/** Who answers the queries of a replay, and what it is asked about. */
import type { Dashboard, DataSource } from '../inspect/dashboard.ts';
import type { QueryAnswer, Setting } from '../inspect/judge-panel.ts';
import type { PanelQuery, Window } from '../inspect/panel-query.ts';
import type { PrometheusClient, SeriesAnswer } from './prometheus-client.ts';

export type ReplayRequest = {
  readonly dashboards: readonly Dashboard[];
  readonly sources: readonly DataSource[];
  readonly window: Window;
  readonly setting: Setting;
  /** Values of variables in place of the saved ones. */
  readonly asked: Readonly<Record<string, readonly string[]>>;
  /** What a variable of one value is opened with where nothing was asked, as a link to it says. */
  readonly opened: Readonly<Record<string, string>>;
  readonly prometheus: PrometheusClient;
  /** Who answers the panels: Prometheus, or a Grafana's own query API. */
  readonly asker: Asker;
};

export type Asker = {
  ask(query: PanelQuery): Promise<SeriesAnswer>;
  /** Plugin types it can ask. */
  readonly types: readonly string[];
};

export function prometheusAsker(prometheus: PrometheusClient): Asker {
  return {
    types: ['prometheus'],
    ask: (query) =>
      query.instant
        ? prometheus.query(query.expr, query.window.toMs)
        : prometheus.queryRange(query.expr, query.window, query.stepMs),
  };
}

/** One query: what it returned, or why it cannot be asked. */
export async function answerQuery(query: PanelQuery, asker: Asker): Promise<QueryAnswer> {
  const [unknown] = query.unknownVariables;
  if (unknown !== undefined) {
    return { kind: 'error', query, cause: { kind: 'unknown-variable', name: unknown } };
  }
  if (query.datasource.kind === 'unknown') {
    const { uid, type } = query.datasource;
    return { kind: 'error', query, cause: { kind: 'unknown-datasource', uid, type } };
  }
  const { type } = query.datasource.source;
  if (!asker.types.includes(type)) {
    return { kind: 'error', query, cause: { kind: 'other-source', type } };
  }
  const given = await asker.ask(query);
  return given.kind === 'refused'
    ? { kind: 'error', query, cause: { kind: 'query-error', text: given.text } }
    : { kind: 'series', query, series: given.series.map((one) => ({ ...one, name: '' })) };
}
