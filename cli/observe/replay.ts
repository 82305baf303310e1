/** Replays every query of dashboards over a window, and names what is wrong with each that is empty. */
import type { Dashboard, DataSource } from '../inspect/dashboard.ts';
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { CheckRow, DrawnDashboard } from '../inspect/inspection.ts';
import { interpolate } from '../inspect/interpolate.ts';
import { placePanels, repeatValues } from '../inspect/place-panels.ts';
import { scopeOf } from '../inspect/variable-values.ts';
import type { ReplayRequest } from './asker.ts';
import { mapBounded } from './bounded.ts';
import { checkRules } from './check-rules.ts';
import { openWitness } from './gather-evidence.ts';
import type { Witness } from './gather-evidence.ts';
import { replayAnnotation } from './replay-annotation.ts';
import { replayPanel } from './replay-panel.ts';
import { resolveVariables } from './resolve-variables.ts';
import type { ResolvedVariables } from './resolve-variables.ts';

export type Replay = {
  readonly rows: readonly CheckRow[];
  readonly dashboards: readonly DrawnDashboard[];
};

/** At once under way; Prometheus itself evaluates 20 at most. */
const parallel = 4;

/** @throws Failure noVerdict (122) where nothing was scraped in the window; unhealthy (121) */
export async function replay(request: ReplayRequest): Promise<Replay> {
  const { prometheus, window, sources } = request;
  const witness = await openWitness(prometheus, window, scrapeIntervalMs(sources));
  if (!witness.targets.some((target) => target.wasAsked)) throw nothingScraped(request);
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

/** How often Prometheus asks, by its data source. */
export function scrapeIntervalMs(sources: readonly DataSource[]): number {
  return 1000 * (sources.find((one) => one.type === 'prometheus')?.scrapeIntervalSec ?? 15);
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
        title: interpolate(row.title, { ...variables.scope, ...scopeOf(row.scoped) }, 'text').text,
      })),
      panels,
      variables: shownVariables(variables),
      bands: annotations.flatMap((one) => one.bands),
    },
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
    next: 'rtops up --observe, then rtops bench, then rtops dashboards check; or another --from and --to',
  });
}
