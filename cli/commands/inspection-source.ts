/** Who is asked in an inspection: the Prometheus of what is up, one named, or a Grafana. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Dashboard, DataSource } from '../inspect/dashboard.ts';
import { openGrafana } from '../observe/grafana-client.ts';
import { openApi } from '../observe/prometheus-api.ts';
import { prometheusClient } from '../observe/prometheus-client.ts';
import type { PrometheusClient } from '../observe/prometheus-client.ts';
import { prometheusAsker } from '../observe/asker.ts';
import type { Asker } from '../observe/asker.ts';
import type { World } from '../world.ts';
import { addressOf, ownObserver } from './observer-url.ts';
import { provisionedSources } from './read-dashboards.ts';

export type InspectionSource = {
  /** For people. */
  readonly name: string;
  readonly prometheus: PrometheusClient;
  readonly asker: Asker;
  readonly sources: readonly DataSource[];
  /** Dashboards that this Grafana lacks; `null` where no Grafana is asked. */
  missingDashboards(all: readonly Dashboard[]): Promise<readonly Dashboard[]>;
};

/**
 * @throws Failure notReady (120) where nothing observed is up and nothing was named; unhealthy (121)
 * where what was named does not answer; usage (2) for what is no address
 */
export async function openInspectionSource(
  world: World,
  asked: { readonly prometheus?: string | undefined; readonly grafana?: string | undefined },
): Promise<InspectionSource> {
  if (asked.grafana !== undefined && asked.prometheus !== undefined) {
    throw new Failure(exitCode.usage, '--grafana and --prometheus cannot both be asked', {
      why: 'a Grafana asks the Prometheus that is its data source',
      next: 'leave out one of them',
    });
  }
  if (asked.grafana !== undefined) return await throughGrafana(world, asked.grafana);
  const url = addressOf(
    '--prometheus',
    asked.prometheus ?? ownObserver(world, 'prometheus', 'ask', nextWithout),
  );
  const prometheus = prometheusClient(openApi(url, {}, nextIfAway(asked.prometheus)));
  return {
    name: prometheus.name,
    prometheus,
    asker: prometheusAsker(prometheus),
    sources: await provisionedSources(),
    missingDashboards: async () => [],
  };
}

async function throughGrafana(world: World, address: string): Promise<InspectionSource> {
  const grafana = await openGrafana(
    addressOf('--grafana', address),
    world.env['RTOPS_GRAFANA_TOKEN'],
  );
  const sources = await grafana.dataSources();
  const source =
    sources.find((one) => one.type === 'prometheus' && one.isDefault) ??
    sources.find((one) => one.type === 'prometheus');
  if (source === undefined) {
    throw new Failure(exitCode.unhealthy, `${grafana.name} has no Prometheus data source`, {
      why: `It lists ${sources.length} data sources.`,
      next: 'Add one, or provision it: grafana/provisioning/datasources/rtops.yml shows how.',
    });
  }
  return {
    name: `${grafana.name} (Grafana ${grafana.version})`,
    prometheus: grafana.prometheus(source.uid),
    asker: grafana,
    sources,
    missingDashboards: async (all) => {
      const there = await grafana.dashboards();
      return all.filter(({ uid }) => uid !== '' && !there.includes(uid));
    },
  };
}

const nextWithout =
  'rtops up --observe -d, which also shows what observed runs of this folder left; then rtops bench, then rtops dashboards check';

function nextIfAway(named: string | undefined): string {
  return named === undefined
    ? 'rtops ps, and rtops logs prometheus'
    : 'Look at the address given with --prometheus; without it the system that is up is asked.';
}
