/** The processes of observers: argv, environment, files and ready checks. */
import { alertRules } from '../../prometheus/alert-rules.ts';
import { defaultAlertSettings } from '../../prometheus/alert-settings.ts';
import { alertmanagerConfig } from '../../prometheus/alertmanager-config.ts';
import { scrapeConfig } from '../../prometheus/scrape-config.ts';
import type { ScrapeTarget } from '../../prometheus/scrape-config.ts';
import {
  accessLogFile,
  errorLogFile,
  exporterConfig,
  exporterConfigFile,
} from './exporter-config.ts';
import { grafanaEnv } from './grafana-env.ts';
import { observed } from './observers.ts';
import type { ServiceEntry, ServiceProcess, Site } from './plan.ts';
import { needed, portOf } from './site-parts.ts';
import { proxiedNodes } from './system-processes.ts';
import type { SystemContext } from './system-processes.ts';
import type { ObserverKind } from './topology.ts';

/** The process of one observer. Throws a `RangeError` when the site lacks a port or a binary of it. */
export function observerProcess(kind: ObserverKind, context: SystemContext): ServiceProcess {
  switch (kind) {
    case 'exporter':
      return exporter(context);
    case 'redis-exporter':
      return redisExporter(context);
    case 'nginx-exporter':
      return nginxExporter(context);
    case 'alertmanager':
      return alertmanager(context);
    case 'prometheus':
      return prometheus(context);
    case 'grafana':
      return grafana(context);
    default:
      return kind satisfies never;
  }
}

/** One thread each: observers are to leave the cores to what they observe. */
const goEnv = { GOMAXPROCS: '1' };
const stop = { signal: 'SIGTERM', graceMs: 5000 } as const;

function exporter(context: SystemContext): ServiceProcess {
  const { site, services } = context;
  const port = portOf(site, 'exporter');
  const path = `${site.dir}/${exporterConfigFile}`;
  const hasNginx = services.some(({ kind }) => kind === 'nginx');
  const text = exporterConfig({
    host: site.host,
    port,
    syslogPort: hasNginx ? observed(site).syslogPort : null,
    accessLog: hasNginx ? `${site.dir}/${accessLogFile}` : null,
    errorLog: hasNginx ? `${site.dir}/${errorLogFile}` : null,
    stateFile: `${site.dir}/state.json`,
    upstreams: hasNginx ? proxiedNodes(context, ['api', 'ws', 'all']) : [],
    services: services.map(({ name, kind }) => ({ name, kind })),
  });
  return {
    argv: [site.binaries.node, ...observed(site).exporterArgv, path],
    env: site.env,
    files: [{ path, text, mode: 0o600 }],
    folders: [],
    ready: { kind: 'http', port, path: '/health' },
    dependsOn: [],
    stop,
  };
}

function redisExporter({ site }: SystemContext): ServiceProcess {
  const port = portOf(site, 'redis-exporter');
  return {
    argv: [
      needed(observed(site).redisExporter, 'redis_exporter'),
      `--redis.addr=redis://${site.host}:${portOf(site, 'redis')}`,
      `--web.listen-address=${site.host}:${port}`,
      '--redis-only-metrics',
    ],
    env: { ...site.env, ...goEnv },
    files: [],
    folders: [],
    ready: { kind: 'http', port, path: '/metrics' },
    dependsOn: ['redis'],
    stop,
  };
}

function nginxExporter({ site }: SystemContext): ServiceProcess {
  const port = portOf(site, 'nginx-exporter');
  return {
    argv: [
      needed(observed(site).nginxExporter, 'nginx-prometheus-exporter'),
      `--nginx.scrape-uri=http://${site.host}:${portOf(site, 'nginx', 'metricsPort')}/stub_status`,
      `--web.listen-address=${site.host}:${port}`,
    ],
    // Before 1.0 it ends when nginx does not answer at its start; as flags 1.0 would refuse these.
    env: { ...site.env, ...goEnv, NGINX_RETRIES: '20', NGINX_RETRY_INTERVAL: '500ms' },
    files: [],
    folders: [],
    ready: { kind: 'http', port, path: '/metrics' },
    dependsOn: ['nginx'],
    stop,
  };
}

function alertmanager({ site }: SystemContext): ServiceProcess {
  const port = portOf(site, 'alertmanager');
  const { receivers, alertmanager: binary, alertmanagerFilterArgv } = observed(site);
  const conf = `${site.dir}/conf/alertmanager.yml`;
  const data = `${site.dir}/data/alertmanager`;
  const text = alertmanagerConfig(receivers);
  const hasSecret = Object.values(receivers).some((address) => address !== null);
  return {
    argv: [
      // Where nobody is told there is no secret, and no process more.
      ...(hasSecret
        ? ([site.binaries.node, ...alertmanagerFilterArgv, binary] as const)
        : ([binary] as const)),
      `--config.file=${conf}`,
      `--storage.path=${data}`,
      `--web.listen-address=${site.host}:${port}`,
      `--web.external-url=http://${site.host}:${port}/`,
      // Alone: without this it would listen on every address for others of its kind.
      '--cluster.listen-address=',
    ],
    env: { ...site.env, ...goEnv },
    files: [{ path: conf, text, mode: 0o600 }],
    folders: [data],
    ready: { kind: 'http', port, path: '/-/ready' },
    dependsOn: [],
    stop,
  };
}

function prometheus({ topology, site, services }: SystemContext): ServiceProcess {
  const port = portOf(site, 'prometheus');
  const conf = `${site.dir}/conf/prometheus.yml`;
  const rules = `${site.dir}/conf/rules.yml`;
  const data = `${site.dir}/data/prometheus`;
  const targets = scrapeTargets(site, services);
  const grafanaUrl =
    observed(site).grafana === null ? null : `http://${site.host}:${portOf(site, 'grafana')}`;
  return {
    argv: [
      observed(site).prometheus,
      `--config.file=${conf}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=24h',
      '--storage.tsdb.retention.size=512MB',
      `--web.listen-address=${site.host}:${port}`,
      `--web.external-url=http://${site.host}:${port}/`,
      '--log.level=warn',
    ],
    env: { ...site.env, ...goEnv },
    files: [
      {
        path: conf,
        text: scrapeConfig({
          topology: topology.name,
          targets,
          // Relative to the file, so that no folder name is taken for a pattern.
          runTargets: '../targets/*.json',
          ruleFiles: ['rules.yml'],
          alertmanager: `${site.host}:${portOf(site, 'alertmanager')}`,
        }),
        mode: 0o644,
      },
      {
        path: rules,
        text: alertRules({
          ...defaultAlertSettings,
          connections: topology.alerts.connections,
          expectedServers: services.filter(({ kind }) => kind === 'server').map(({ name }) => name),
          grafanaUrl,
        }),
        mode: 0o644,
      },
    ],
    folders: [data, `${site.dir}/targets`],
    // It takes up its targets 5 s after its start (a constant of its own); until it has asked each
    // once, the first seconds of a run would be missing.
    ready: {
      kind: 'http',
      port,
      path: `/api/v1/query?query=${encodeURIComponent(everyPageSince(observed(site).sinceSec, targets.length))}`,
      says: '"value"',
    },
    // Of nothing, so that those seconds pass while the others start.
    dependsOn: [],
    stop,
  };
}

/**
 * Gives a value once so many pages were asked since that second: what is left of a system that was
 * up in the folder before does not count, and a restart amid a fault waits for nobody.
 */
function everyPageSince(sinceSec: number, pages: number): string {
  return `count(timestamp(up{job!="rtops-run"}) > ${sinceSec}) >= ${pages}`;
}

function grafana({ site }: SystemContext): ServiceProcess {
  const { grafana: found, packageDir } = observed(site);
  if (found === null) throw new RangeError('the site has no grafana');
  const port = portOf(site, 'grafana');
  const input = {
    host: site.host,
    port,
    dir: site.dir,
    packageDir,
    adminPassword: found.adminPassword,
    prometheusUrl: `http://${site.host}:${portOf(site, 'prometheus')}`,
    alertmanagerUrl: `http://${site.host}:${portOf(site, 'alertmanager')}`,
  };
  return {
    argv: [...found.argv, ...(found.home === null ? [] : [`--homepath=${found.home}`])],
    env: { ...site.env, ...goEnv, ...grafanaEnv(input) },
    files: [],
    folders: [`${site.dir}/data/grafana`],
    ready: { kind: 'http', port, path: '/api/health' },
    dependsOn: [],
    stop,
  };
}

/** Each page once; Redis and nginx have no page of their own and are read through their exporters. */
function scrapeTargets(site: Site, services: readonly ServiceEntry[]): readonly ScrapeTarget[] {
  return services.flatMap(({ name, kind }): readonly ScrapeTarget[] => {
    const at = (service: string) => `${site.host}:${portOf(site, service)}`;
    switch (kind) {
      case 'server':
        return [
          {
            job: 'rtops-server',
            instance: name,
            address: `${site.host}:${portOf(site, name, 'metricsPort')}`,
          },
        ];
      case 'redis':
      case 'nginx':
        return [{ job: kind, instance: name, address: at(`${kind}-exporter`) }];
      case 'exporter':
        return [{ job: 'rtops-exporter', instance: name, address: at(name) }];
      case 'prometheus':
      case 'alertmanager':
        return [{ job: kind, instance: name, address: at(name) }];
      case 'edges':
      case 'redis-exporter':
      case 'nginx-exporter':
      case 'grafana':
        return [];
      default:
        return kind satisfies never;
    }
  });
}
