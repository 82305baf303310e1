/** The files by which Grafana finds Prometheus, Alertmanager and the dashboards. */
import { stringify } from 'yaml';
import { datasourcesFile } from '../prometheus/datasources.ts';

/** Names of the dashboards' variables that choose a datasource. */
export const datasourceVariable = 'datasource';
export const lokiVariable = 'loki';

/** Grafana puts the values of its own environment in place of `${NAME}` in a provisioning file. */
const fromEnvironment = {
  prometheusUrl: '${RTOPS_PROMETHEUS_URL}',
  alertmanagerUrl: '${RTOPS_ALERTMANAGER_URL}',
  lokiUrl: '${RTOPS_LOKI_URL}',
  dashboards: '${RTOPS_DASHBOARDS}',
} as const;

/**
 * Path below `grafana/` → text of the provisioning files. A Grafana beside Loki mounts the datasources
 * of `provisioning-with-logs` in place of the others: one file cannot leave a datasource out.
 */
export function provisioning(): Readonly<Record<string, string>> {
  const { prometheusUrl, alertmanagerUrl, lokiUrl } = fromEnvironment;
  return {
    'provisioning/datasources/rtops.yml':
      header + datasourcesFile({ prometheusUrl, alertmanagerUrl, lokiUrl: null }),
    'provisioning-with-logs/datasources/rtops.yml':
      header + datasourcesFile({ prometheusUrl, alertmanagerUrl, lokiUrl }),
    'provisioning/dashboards/rtops.yml': header + dashboardProvider(),
  };
}

function dashboardProvider(): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: 'rtops',
        orgId: 1,
        folder: 'rtops',
        type: 'file',
        allowUiUpdates: false,
        disableDeletion: true,
        updateIntervalSeconds: 30,
        options: { path: fromEnvironment.dashboards },
      },
    ],
  });
}

const header = '# Written by `node dashboards/generate.ts`; edits are lost.\n';
