/** The processes of the system itself: argv, environment, files and ready checks. */
import { edgePort, edgesConfig, edgesConfigFile, edgesService } from './edges.ts';
import { exporterService } from './exporter-config.ts';
import { nginxConf } from './nginx-conf.ts';
import type { ProxiedNode } from './nginx-upstreams.ts';
import { nginxMonitoring } from './observers.ts';
import type { ServiceEntry, ServiceProcess, Site } from './plan.ts';
import { redisConf } from './redis-conf.ts';
import { needed, portOf } from './site-parts.ts';
import type { ObserverKind, ServerRole, ServiceKind, Topology } from './topology.ts';

export type SystemContext = {
  readonly topology: Topology;
  readonly site: Site;
  /** All of the system, those that watch it too. */
  readonly services: readonly ServiceEntry[];
};

/** The process of one service. Throws a `RangeError` when the site lacks a port or a binary of it. */
export function systemProcess(
  kind: Exclude<ServiceKind, ObserverKind>,
  entry: ServiceEntry,
  context: SystemContext,
): ServiceProcess {
  switch (kind) {
    case 'redis':
      return redis(context);
    case 'server':
      return server(entry, context);
    case 'nginx':
      return nginx(context);
    case 'edges':
      return edges(context);
    default:
      return kind satisfies never;
  }
}

/** How long a server may take to drain, and the time on top after which it is killed. */
const serverShutdownMs = 30_000;
const killAfterShutdownMs = 2000;

function redis({ topology, site }: SystemContext): ServiceProcess {
  const port = portOf(site, 'redis');
  const dataDir = `${site.dir}/data/redis`;
  const conf = `${site.dir}/conf/redis.conf`;
  const durability = topology.redis?.durability ?? 'always';
  return {
    argv: [needed(site.binaries.redisServer, 'redis-server'), conf],
    env: site.env,
    files: [
      { path: conf, text: redisConf({ host: site.host, port, dataDir, durability }), mode: 0o600 },
    ],
    folders: [dataDir],
    ready: { kind: 'redis', port },
    dependsOn: [],
    stop: { signal: 'SIGTERM', graceMs: 10_000 },
  };
}

function server(entry: ServiceEntry, context: SystemContext): ServiceProcess {
  const { topology, site } = context;
  const port = portOf(site, entry.name);
  return {
    argv: pinned(entry, context, [site.binaries.node, ...site.serverArgv]),
    env: { ...site.env, ...serverEnv(entry, context) },
    files: [],
    folders: [],
    ready: { kind: 'http', port, path: '/api/v1/health/ready' },
    dependsOn: [
      ...(topology.chaos ? [edgesService] : []),
      ...(topology.redis === null ? [] : ['redis']),
    ],
    stop: { signal: 'SIGTERM', graceMs: serverShutdownMs + killAfterShutdownMs },
  };
}

/** The environment keys of server/config.ts; what a setting leaves out is left out here too. */
function serverEnv(
  { name, role }: ServiceEntry,
  { topology, site, services }: SystemContext,
): Record<string, string> {
  const settings = topology.server;
  const limit = settings.rateLimit;
  const hasRedis = services.some(({ kind }) => kind === 'redis');
  return {
    NODE_ENV: 'production',
    RTOPS_ROLE: role ?? 'all',
    RTOPS_NODE: name,
    RTOPS_HOST: site.host,
    [role === 'ws' ? 'WS_PORT' : 'API_PORT']: String(portOf(site, name)),
    RTOPS_METRICS_PORT: String(portOf(site, name, 'metricsPort')),
    RTOPS_JWT_SECRET: site.secret,
    ...(hasRedis
      ? { REDIS_URL: `redis://${site.host}:${portTo(topology, site, name, 'redis')}` }
      : {}),
    RTOPS_MESSAGE_PATH: topology.messagePath,
    RTOPS_RATE_LIMIT: limit === null ? 'off' : `${limit.count}/${limit.perMs}`,
    ...(settings.corsOrigins.length > 0 ? { CORS_ORIGINS: settings.corsOrigins.join(',') } : {}),
    RTOPS_PING_INTERVAL_MS: String(settings.pingIntervalMs),
    RTOPS_PING_TIMEOUT_MS: String(settings.pingTimeoutMs),
    ...(settings.maxConnections === null
      ? {}
      : { RTOPS_MAX_CONNECTIONS: String(settings.maxConnections) }),
    RTOPS_SHUTDOWN_MS: String(serverShutdownMs),
    RTOPS_TOPOLOGY: topology.name,
    ...(settings.sabotage === null ? {} : { RTOPS_SABOTAGE: settings.sabotage }),
    ...(settings.faults ? { RTOPS_FAULTS: 'on' } : {}),
    RTOPS_TRACE_SAMPLE: String(settings.traceSample),
  };
}

function nginx(context: SystemContext): ServiceProcess {
  const { topology, site } = context;
  const port = portOf(site, 'nginx');
  const conf = `${site.dir}/conf/nginx.conf`;
  const nodes = (role: 'api' | 'ws') => proxiedNodes(context, [role, 'all']);
  const { proxy, server: settings } = topology;
  if (proxy === null) throw new RangeError('nginx is planned without a proxy in the topology');
  return {
    // Paths in the file are relative to -p, so that no folder name needs quoting.
    argv: [
      needed(site.binaries.nginx, 'nginx'),
      ...['-p', `${site.dir}/`, '-c', conf, '-e', 'stderr'],
    ],
    env: site.env,
    files: [
      {
        path: conf,
        text: nginxConf({
          listen: `${site.host}:${port}`,
          proxy,
          apiNodes: nodes('api'),
          wsNodes: nodes('ws'),
          pingSumMs: settings.pingIntervalMs + settings.pingTimeoutMs,
          openFilesLimit: site.openFilesLimit,
          user: site.nginxUser,
          monitoring: topology.monitoring ? nginxMonitoring(site) : null,
        }),
        mode: 0o644,
      },
    ],
    folders: [`${site.dir}/tmp`],
    ready: { kind: 'http', port, path: '/api/v1/health/ready' },
    dependsOn: nodes('api')
      .concat(nodes('ws'))
      .map(({ name }) => name)
      .concat(topology.chaos ? [edgesService] : [])
      .concat(topology.monitoring ? [exporterService] : [])
      .filter((name, at, all) => all.indexOf(name) === at),
    // SIGQUIT would wait for every WebSocket tunnel to end by itself.
    stop: { signal: 'SIGTERM', graceMs: 5000 },
  };
}

/** Servers of these roles as nginx dials them. */
export function proxiedNodes(
  { topology, site, services }: SystemContext,
  roles: readonly ServerRole[],
): readonly ProxiedNode[] {
  return services
    .filter(({ role }) => role !== null && roles.includes(role))
    .map(({ name }) => ({
      name,
      address: `${site.host}:${portTo(topology, site, 'nginx', name)}`,
    }));
}

/** One process for all edges: its own port is for control. */
function edges({ site, services }: SystemContext): ServiceProcess {
  const port = portOf(site, edgesService);
  const path = `${site.dir}/${edgesConfigFile}`;
  const config = edgesConfig(services, site, port);
  return {
    argv: [site.binaries.node, ...config.argv, path],
    env: site.env,
    files: [{ path, text: config.text, mode: 0o600 }],
    folders: [],
    ready: { kind: 'http', port, path: '/health' },
    dependsOn: [],
    stop: { signal: 'SIGTERM', graceMs: 2000 },
  };
}

/** Where `from` dials a service: its own port, or that of the edge between them. */
function portTo(topology: Topology, site: Site, from: string, to: string): number {
  return topology.chaos ? edgePort(site, from, to) : portOf(site, to);
}

/** `taskset -c N argv…` when the pool names cores, round robin over them. */
function pinned(
  entry: ServiceEntry,
  { topology, site }: SystemContext,
  argv: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  const cores = entry.role === null ? null : (topology[entry.role]?.cores ?? null);
  const core = cores?.[(entry.index - 1) % cores.length];
  return core === undefined
    ? argv
    : [needed(site.binaries.taskset, 'taskset'), '-c', String(core), ...argv];
}
