import { allDashboards } from './all-dashboards.ts';
import { buildDashboard } from './build-dashboard.ts';
import { provisioning } from './datasources.ts';

/** Everything below `grafana/`: path → text. `node dashboards/generate.ts` writes it, a test compares. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const dashboards = allDashboards.map((spec): readonly [string, string] => [
    `dashboards/${spec.uid}.json`,
    `${JSON.stringify(buildDashboard(spec), null, 2)}\n`,
  ]);
  return { ...Object.fromEntries(dashboards), ...provisioning() };
}
