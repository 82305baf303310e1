/** One panel replayed: as the dashboard opens, and with each value of its variables by name. */
import type { Dashboard, Panel } from '../inspect/dashboard.ts';
import type { CheckRow, DrawnPanel } from '../inspect/inspection.ts';
import { interpolate } from '../inspect/interpolate.ts';
import type { Scope } from '../inspect/interpolate.ts';
import { failsCheck, judgePanel, missingNeed } from '../inspect/judge-panel.ts';
import type { QueryAnswer, Setting } from '../inspect/judge-panel.ts';
import { judgePanelSelector } from '../inspect/judge-panel-selector.ts';
import { leastStepMs, panelQueries } from '../inspect/panel-query.ts';
import type { PanelQuery } from '../inspect/panel-query.ts';
import { nameSeries } from '../inspect/series.ts';
import { steppedOver } from '../inspect/stepped-over.ts';
import { scopeOf } from '../inspect/variable-values.ts';
import { answerQuery } from './asker.ts';
import type { ReplayRequest } from './asker.ts';
import type { Witness } from './gather-evidence.ts';
import { unlessRefused } from './prometheus-client.ts';
import type { ResolvedVariables } from './resolve-variables.ts';

export async function replayPanel(
  dashboard: Dashboard,
  panel: Panel,
  variables: ResolvedVariables,
  request: ReplayRequest,
  witness: Witness,
): Promise<DrawnPanel> {
  const own = scopeOf(panel.scoped);
  const scope: Scope = { ...variables.scope, ...own };
  const title = interpolate(panel.title, scope, 'text').text;
  if (panel.targets.length === 0)
    return { panel, title, row: null, queries: await lists(panel, request) };
  const first = await judged(panel, scope, request, witness);
  const name = title.trim() === '' ? `panel ${panel.id}` : title;
  const seen = { dashboard: dashboard.title, kind: 'panel', name } as const;
  const row: CheckRow = { ...seen, ...first.result, under: null };
  const queries = first.answers.flatMap((answer) =>
    answer.kind === 'series'
      ? [
          {
            refId: answer.query.refId,
            instant: answer.query.instant,
            format: answer.query.format,
            series: answer.series,
          },
        ]
      : [],
  );
  if (variables.eachScope === null || row.verdict !== 'ok') return { panel, title, row, queries };
  const named = await judged(
    panel,
    { ...variables.eachScope, ...own },
    request,
    witness,
    first.exprs,
  );
  if (!failsCheck(named.result.verdict)) return { panel, title, row, queries };
  const under = Object.entries(variables.eachScope)
    .filter(([name, chosen]) => chosen !== variables.scope[name])
    .map(([name, chosen]) => `$${name} = ${chosen.values.join(', ')}`);
  return { panel, title, row: { ...seen, ...named.result, under: under.join('; ') }, queries };
}

type Judged = {
  readonly answers: readonly QueryAnswer[];
  readonly exprs: readonly string[];
  readonly result: Pick<CheckRow, 'count' | 'verdict' | 'cause' | 'refId'>;
};

/** @param before expressions already judged: where they are the same, nothing is asked again */
async function judged(
  panel: Panel,
  scope: Scope,
  request: ReplayRequest,
  witness: Witness,
  before?: readonly string[],
): Promise<Judged> {
  const queries = panelQueries(panel, scope, request.window, request.sources);
  const exprs = queries.map((query) => query.expr);
  const same = before?.every((expr, index) => expr === exprs[index]) === true;
  const isSkipped = missingNeed(panel.expectation, request.setting) !== null;
  const asked: QueryAnswer[] = [];
  for (const query of same || isSkipped ? [] : queries)
    asked.push(await answerQuery(query, request.asker));
  if (same)
    return { answers: [], exprs, result: { count: 0, verdict: 'ok', cause: null, refId: null } };
  const answers = named(asked);
  const judgement = judgePanel(panel, answers, request.setting);
  const count = answers.reduce(
    (sum, one) => sum + (one.kind === 'series' ? one.series.length : 0),
    0,
  );
  const cause = judgement.cause ?? (await causeOf(judgement, queries, witness));
  const hidden = steppedOver(cause, stepOf(judgement, queries), request.setting.trafficMs);
  if (hidden !== null) {
    return { answers, exprs, result: { ...judgement, verdict: 'unseen', cause: hidden, count } };
  }
  const result = { ...judgement, cause, count };
  if (cause?.kind === 'other-source')
    return { answers, exprs, result: { ...result, verdict: 'skipped' } };
  // What may be empty while all is well may not be so because nobody looked, or nobody can.
  const dead = mayHideDeadQueries(panel, judgement.verdict)
    ? await deadSelector(queries, request.setting, witness)
    : null;
  if (dead === null) return { answers, exprs, result };
  return { answers, exprs, result: { ...result, verdict: 'empty', ...dead } };
}

/** Of a question about one moment no step is known to be too wide. */
function stepOf({ refId }: { readonly refId: string | null }, queries: readonly PanelQuery[]) {
  const query = queries.find((one) => one.refId === refId);
  return query === undefined || query.instant ? 0 : query.stepMs;
}

function mayHideDeadQueries({ expectation }: Panel, verdict: string): boolean {
  return (
    verdict === 'healthy' ||
    (verdict === 'ok' && expectation.kind !== 'data' && expectation.kind !== 'nonzero')
  );
}

async function causeOf(
  { verdict, refId }: { readonly verdict: string; readonly refId: string | null },
  queries: readonly PanelQuery[],
  witness: Witness,
): Promise<CheckRow['cause']> {
  const query = queries.find((one) => one.refId === refId);
  return verdict === 'empty' && query !== undefined ? await witness.whyEmpty(query.expr) : null;
}

/** Also of a query that returned something: `missing or 0 * sent` does so without the first. */
async function deadSelector(
  queries: readonly PanelQuery[],
  setting: Setting,
  witness: Witness,
): Promise<Pick<CheckRow, 'cause' | 'refId'> | null> {
  const { targets } = witness;
  for (const { expr, refId } of queries) {
    for (const { selector, cause } of await witness.missingSelectors(expr)) {
      const known = { targets, declared: await witness.declared() };
      const dead = judgePanelSelector(selector, cause, setting, known);
      if (dead !== null) return { cause: dead, refId };
    }
  }
  return null;
}

/** Legends depend on all series of the panel. */
function named(answers: readonly QueryAnswer[]): readonly QueryAnswer[] {
  const read = answers.filter((one) => one.kind === 'series');
  const names = nameSeries(
    read.map((one) => ({ legendFormat: one.query.legendFormat, series: one.series })),
  );
  return answers.map((one) =>
    one.kind === 'series' ? { ...one, series: names[read.indexOf(one)] ?? [] } : one,
  );
}

/** A list of alerts has no query of its own; Prometheus keeps what fired as `ALERTS`. */
async function lists(panel: Panel, request: ReplayRequest): Promise<DrawnPanel['queries']> {
  if (panel.type !== 'alertlist') return [];
  const { window, prometheus } = request;
  const stepMs = Math.max(2000, leastStepMs(window));
  const given = await prometheus.queryRange('ALERTS{alertstate="firing"}', window, stepMs);
  const fired = unlessRefused(prometheus, given);
  const [series = []] = nameSeries([
    { legendFormat: '{{alertname}} {{instance}}', series: fired.series },
  ]);
  return [{ refId: 'ALERTS', instant: false, format: 'time_series', series }];
}
