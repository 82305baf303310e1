/** Replays every query of dashboards over a window, and names what is wrong with each that is empty. */
import { annotationEvents } from '../inspect/annotation-events.ts';
import type { Annotation, Dashboard, DataSource, Panel } from '../inspect/dashboard.ts';
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { CheckRow, DrawnBand, DrawnDashboard, DrawnPanel } from '../inspect/inspection.ts';
import { interpolate } from '../inspect/interpolate.ts';
import type { Scope } from '../inspect/interpolate.ts';
import { failsCheck, judgePanel, missingNeed } from '../inspect/judge-panel.ts';
import type { QueryAnswer, Setting } from '../inspect/judge-panel.ts';
import { judgeAnnotation } from '../inspect/judge-annotation.ts';
import { annotationQuery, panelQueries } from '../inspect/panel-query.ts';
import type { PanelQuery, Window } from '../inspect/panel-query.ts';
import { placePanels, repeatValues } from '../inspect/place-panels.ts';
import { nameSeries } from '../inspect/series.ts';
import { oneOf } from '../inspect/variable-values.ts';
import { mapBounded } from './bounded.ts';
import { openWitness } from './gather-evidence.ts';
import type { Witness } from './gather-evidence.ts';
import type { PrometheusClient, SeriesAnswer } from './prometheus-client.ts';
import { checkRules } from './check-rules.ts';
import { resolveVariables } from './resolve-variables.ts';
import type { ResolvedVariables } from './resolve-variables.ts';

export type ReplayRequest = {
  readonly dashboards: readonly Dashboard[];
  readonly sources: readonly DataSource[];
  readonly window: Window;
  readonly setting: Setting;
  /** Values of variables in place of the saved ones. */
  readonly asked: Readonly<Record<string, readonly string[]>>;
  readonly prometheus: PrometheusClient;
  /** Who answers the panels: Prometheus, or a Grafana's own query API. */
  readonly asker: Asker;
};

export type Asker = {
  ask(query: PanelQuery): Promise<SeriesAnswer>;
  /** Plugin types it can ask. */
  readonly types: readonly string[];
};

export type Replay = {
  readonly rows: readonly CheckRow[];
  readonly dashboards: readonly DrawnDashboard[];
};

/** At once under way; Prometheus itself evaluates 20 at most. */
const parallel = 4;

export function prometheusAsker(prometheus: PrometheusClient): Asker {
  return {
    types: ['prometheus'],
    ask: (query) =>
      query.instant
        ? prometheus.query(query.expr, query.window.toMs)
        : prometheus.queryRange(query.expr, query.window, query.stepMs),
  };
}

/** @throws Failure noVerdict (122) where nothing was scraped in the window; unhealthy (121) */
export async function replay(request: ReplayRequest): Promise<Replay> {
  const { prometheus, window, sources } = request;
  const scrapeMs =
    1000 * (sources.find((one) => one.type === 'prometheus')?.scrapeIntervalSec ?? 15);
  const witness = await openWitness(prometheus, window, Math.max(scrapeMs, 1000));
  if (!witness.targets.some((target) => target.samples > 0)) throw nothingScraped(request);
  const rows: CheckRow[] = [];
  const dashboards: DrawnDashboard[] = [];
  for (const dashboard of request.dashboards) {
    const checked = await replayDashboard(dashboard, request, witness);
    rows.push(...checked.rows);
    dashboards.push(checked.drawn);
  }
  rows.push(...(await checkRules(prometheus, witness, request.setting)));
  return { rows, dashboards };
}

async function replayDashboard(
  dashboard: Dashboard,
  request: ReplayRequest,
  witness: Witness,
): Promise<{ readonly rows: readonly CheckRow[]; readonly drawn: DrawnDashboard }> {
  const variables = await resolveVariables(dashboard, request);
  const options = new Map(variables.all.map((one) => [one.variable.name, one.options]));
  const placed = placePanels(dashboard, repeatValues(variables.scope, options));
  const [panels, annotations] = await Promise.all([
    mapBounded(placed.panels, parallel, (panel) =>
      replayPanel(dashboard, panel, variables, request, witness),
    ),
    mapBounded(dashboard.annotations, 1, (one) =>
      replayAnnotation(dashboard, one, variables.scope, request, witness),
    ),
  ]);
  return {
    rows: [
      ...variableRows(dashboard, variables),
      ...annotations.map((one) => one.row),
      ...panels.flatMap((one) => one.row ?? []),
    ],
    drawn: {
      uid: dashboard.uid,
      title: dashboard.title,
      description: dashboard.description,
      rows: placed.rows.map((row) => ({
        ...row,
        title: interpolate(row.title, variables.scope, 'text').text,
      })),
      panels,
      variables: shownVariables(variables),
      bands: annotations.flatMap((one) => one.bands),
    },
  };
}

async function replayPanel(
  dashboard: Dashboard,
  panel: Panel,
  variables: ResolvedVariables,
  request: ReplayRequest,
  witness: Witness,
): Promise<DrawnPanel> {
  const own = Object.fromEntries(
    Object.entries(panel.scoped).map(([name, value]) => [name, oneOf(value)]),
  );
  const scope: Scope = { ...variables.scope, ...own };
  const title = interpolate(panel.title, scope, 'text').text;
  if (panel.targets.length === 0)
    return { panel, title, row: null, queries: await lists(panel, request) };
  const first = await judged(panel, scope, request, witness);
  const seen = { dashboard: dashboard.title, kind: 'panel', name: title } as const;
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
    asked.push(await answer(query, request.asker));
  if (same)
    return { answers: [], exprs, result: { count: 0, verdict: 'ok', cause: null, refId: null } };
  const answers = named(asked);
  const judgement = judgePanel(panel, answers, request.setting);
  const count = answers.reduce(
    (sum, one) => sum + (one.kind === 'series' ? one.series.length : 0),
    0,
  );
  const cause = judgement.cause ?? (await causeOf(judgement, queries, witness));
  const result = { ...judgement, cause, count };
  if (cause?.kind === 'other-source')
    return { answers, exprs, result: { ...result, verdict: 'skipped' } };
  // What may be empty while all is well may not be so because nobody looked.
  const blind = judgement.verdict === 'healthy' ? await notScraped(exprs, answers, witness) : null;
  if (blind === null) return { answers, exprs, result };
  return { answers, exprs, result: { ...result, verdict: 'empty', cause: blind } };
}

async function causeOf(
  { verdict, refId }: { readonly verdict: string; readonly refId: string | null },
  queries: readonly PanelQuery[],
  witness: Witness,
): Promise<CheckRow['cause']> {
  const query = queries.find((one) => one.refId === refId);
  return verdict === 'empty' && query !== undefined ? await witness.whyEmpty(query.expr) : null;
}

async function notScraped(
  exprs: readonly string[],
  answers: readonly QueryAnswer[],
  witness: Witness,
): Promise<CheckRow['cause']> {
  for (const [index, expr] of exprs.entries()) {
    const given = answers[index];
    if (given?.kind === 'series' && given.series.length > 0) continue;
    const missing = await witness.missingSelectors(expr);
    const blind = missing.find(
      ({ cause }) => cause.kind === 'no-target' || cause.kind === 'target-down',
    );
    if (blind !== undefined) return blind.cause;
  }
  return null;
}

async function answer(query: PanelQuery, asker: Asker): Promise<QueryAnswer> {
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
  const given = await prometheus.queryRange('ALERTS{alertstate="firing"}', window, 2000);
  if (given.kind === 'refused') return [];
  const [series = []] = nameSeries([
    { legendFormat: '{{alertname}} {{instance}}', series: given.series },
  ]);
  return [{ refId: 'ALERTS', instant: false, format: 'time_series', series }];
}

async function replayAnnotation(
  dashboard: Dashboard,
  annotation: Annotation,
  scope: Scope,
  { window, sources, asker, setting }: ReplayRequest,
  witness: Witness,
): Promise<{ readonly row: CheckRow; readonly bands: readonly DrawnBand[] }> {
  const query = annotationQuery(annotation, scope, window, sources);
  const given = await answer(query, asker);
  const series = given.kind === 'series' ? given.series : [];
  const events = annotationEvents(annotation, series, query.stepMs);
  const judgement =
    given.kind === 'error'
      ? {
          verdict: given.cause.kind === 'other-source' ? ('skipped' as const) : ('error' as const),
          cause: given.cause,
        }
      : judgeAnnotation(query.expr, events.length, setting);
  const why =
    judgement.verdict === 'empty' && series.length === 0
      ? await witness.whyEmpty(query.expr)
      : judgement.cause;
  return {
    row: {
      dashboard: dashboard.title,
      kind: 'annotation',
      name: annotation.name,
      count: events.length,
      verdict: judgement.verdict,
      cause: why,
      refId: null,
      under: null,
    },
    bands: annotation.enabled ? events.map((event) => ({ ...event, color: annotation.color })) : [],
  };
}

function variableRows(dashboard: Dashboard, { all }: ResolvedVariables): readonly CheckRow[] {
  return all
    .filter(({ variable }) => variable.kind !== 'other')
    .map(({ variable, options, cause }) => ({
      dashboard: dashboard.title,
      kind: 'variable' as const,
      name: `$${variable.name}`,
      count: options.length,
      verdict:
        cause === null
          ? ('ok' as const)
          : cause.kind === 'missing' || cause.kind === 'other-source'
            ? ('skipped' as const)
            : cause.kind === 'no-options'
              ? ('empty' as const)
              : ('error' as const),
      cause,
      refId: null,
      under: null,
    }));
}

function shownVariables({ all, scope }: ResolvedVariables): DrawnDashboard['variables'] {
  return all.flatMap(({ variable, options }) => {
    const chosen = scope[variable.name];
    if (chosen === undefined) return [];
    const texts = chosen.values.map(
      (value) => options.find((option) => option.value === value)?.text ?? value,
    );
    const text = variable.includeAll && chosen.literal !== null ? 'All' : texts.join(', ');
    return [{ name: variable.name, text }];
  });
}

function nothingScraped({ prometheus, window }: ReplayRequest): Failure {
  const from = new Date(window.fromMs).toISOString();
  const to = new Date(window.toMs).toISOString();
  return new Failure(exitCode.noVerdict, 'Prometheus scraped nothing in the window', {
    why: `${prometheus.name} has no sample of \`up\` from ${from} to ${to}, so no panel proves anything.`,
    next: 'rtops up --observe, then rtops bench, then rtops dashboards check',
  });
}
