/** What Grafana is given: everything by its environment; datasources and dashboards are the package's. */

export type GrafanaInput = {
  readonly host: string;
  readonly port: number;
  /** The state folder. */
  readonly dir: string;
  /** The package's folder: `grafana/provisioning` and `grafana/dashboards` lie below it. */
  readonly packageDir: string;
  readonly adminPassword: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
};

/**
 * Whoever reaches the port on loopback may look and change nothing; nothing is asked of the world
 * outside. The admin's password is in no file. `RTOPS_…` are what the provisioning files ask for.
 */
export function grafanaEnv(input: GrafanaInput): Readonly<Record<string, string>> {
  const data = `${input.dir}/data/grafana`;
  const dashboards = `${input.packageDir}/grafana/dashboards`;
  return {
    RTOPS_PROMETHEUS_URL: input.prometheusUrl,
    RTOPS_ALERTMANAGER_URL: input.alertmanagerUrl,
    RTOPS_DASHBOARDS: dashboards,
    GF_SERVER_HTTP_ADDR: input.host,
    GF_SERVER_HTTP_PORT: String(input.port),
    GF_PATHS_DATA: data,
    GF_PATHS_LOGS: `${data}/log`,
    GF_PATHS_PLUGINS: `${data}/plugins`,
    GF_PATHS_PROVISIONING: `${input.packageDir}/grafana/provisioning`,
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${dashboards}/rtops-overview.json`,
    GF_DASHBOARDS_MIN_REFRESH_INTERVAL: '2s',
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
  };
}
