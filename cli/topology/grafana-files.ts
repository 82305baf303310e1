/** What Grafana is given: datasources and dashboards as files, settings as environment. */
import { stringify } from 'yaml';

import { datasourcesFile } from '../../prometheus/datasources.ts';

export type GrafanaInput = {
  readonly host: string;
  readonly port: number;
  /** The state folder. */
  readonly dir: string;
  /** The package's folder: the dashboards lie in `grafana/dashboards` below it. */
  readonly packageDir: string;
  readonly adminPassword: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
};

/** Read by Grafana at each start; nothing of it is a secret. */
export function grafanaFiles(input: GrafanaInput) {
  const provisioning = provisioningDir(input);
  return [
    {
      path: `${provisioning}/datasources/rtops.yml`,
      text: datasourcesFile({
        prometheusUrl: input.prometheusUrl,
        alertmanagerUrl: input.alertmanagerUrl,
        lokiUrl: null,
      }),
      mode: 0o644,
    },
    {
      path: `${provisioning}/dashboards/rtops.yml`,
      text: dashboardsFile(`${input.packageDir}/grafana/dashboards`),
      mode: 0o644,
    },
  ];
}

/** Where Grafana finds dashboards: read again every 10 s, one folder of its own, not to be edited there. */
function dashboardsFile(path: string): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: 'rtops',
        folder: 'rtops',
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 10,
        options: { path },
      },
    ],
  });
}

/**
 * Whoever reaches the port on loopback may look and change nothing; nothing is asked of the world
 * outside. The admin's password is in no file.
 */
export function grafanaEnv(input: GrafanaInput): Readonly<Record<string, string>> {
  const data = `${input.dir}/data/grafana`;
  return {
    GF_SERVER_HTTP_ADDR: input.host,
    GF_SERVER_HTTP_PORT: String(input.port),
    GF_PATHS_DATA: data,
    GF_PATHS_LOGS: `${data}/log`,
    GF_PATHS_PLUGINS: `${data}/plugins`,
    GF_PATHS_PROVISIONING: provisioningDir(input),
    GF_LOG_MODE: 'console',
    GF_LOG_LEVEL: 'warn',
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
    GF_SECURITY_ADMIN_PASSWORD: input.adminPassword,
    GF_SECURITY_DISABLE_GRAVATAR: 'true',
    GF_USERS_ALLOW_SIGN_UP: 'false',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
    GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    // Rules are Prometheus' and Alertmanager tells: a second judge would be a second opinion.
    GF_UNIFIED_ALERTING_EXECUTE_ALERTS: 'false',
    GF_DASHBOARDS_MIN_REFRESH_INTERVAL: '2s',
  };
}

function provisioningDir({ dir }: GrafanaInput): string {
  return `${dir}/conf/grafana/provisioning`;
}
