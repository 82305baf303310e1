/** From what should exist to what must be run: argv, environment, files and ready checks as values. */
import { edgePort, edgesConfig, edgesConfigFile, edgesService } from './edges.ts';
import { exporterService } from './exporter-config.ts';
import { nginxConf } from './nginx-conf.ts';
import { observerProcess } from './observer-processes.ts';
import { nginxMonitoring, observerList } from './observers.ts';
import type { ObserverSite } from './observers.ts';
import { redisConf } from './redis-conf.ts';
import type { ObserverKind, RestartPolicy, ServerRole, ServiceKind, Topology } from './topology.ts';

/** How to know that a service can take work. */
export type ReadyCheck =
  /** 200; with `says` the body must hold that text. */
  | { readonly kind: 'http'; readonly port: number; readonly path: string; readonly says?: string }
  | { readonly kind: 'redis'; readonly port: number }
  | { readonly kind: 'tcp'; readonly port: number };

/** One process to run. Everything a runner needs and nothing that only a runner can know. */
export type PlannedService = {
  /** `nginx`, `redis`, `server-1`, `api-1`, `ws-1`, … */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly role: ServerRole | null;
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number | null;
  /** Files to write before the start; absolute paths. */
  readonly files: readonly {
    readonly path: string;
    readonly text: string;
    readonly mode: number;
  }[];
  /** Folders to make before the start; absolute paths. */
  readonly folders: readonly string[];
  readonly ready: ReadyCheck;
  readonly dependsOn: readonly string[];
  /** The signal that asks it to end by itself, and how long it may take. */
  readonly stop: { readonly signal: 'SIGTERM' | 'SIGQUIT'; readonly graceMs: number };
  readonly restart: RestartPolicy;
};

/** Services in the order they start; they stop in reverse. */
export type Plan = {
  readonly topology: Topology;
  /** Where clients dial. */
  readonly entry: { readonly host: string; readonly port: number };
  readonly services: readonly PlannedService[];
};

/** The machine the services will run on: what only a runner can know, as values. */
export type Site = {
  /** The state folder, absolute: config, logs and data of every service lie below it. */
  readonly dir: string;
  readonly host: string;
  /**
   * One entry for each of {@link serviceList}. `metricsPort` for servers, and with `monitoring` for
   * nginx: where its own counts are asked for.
   */
  readonly ports: Readonly<
    Record<string, { readonly port: number; readonly metricsPort: number | null }>
  >;
  /** Absolute paths. Those the topology has no use for may be `null`. */
  readonly binaries: {
    readonly node: string;
    readonly nginx: string | null;
    readonly redisServer: string | null;
    readonly taskset: string | null;
  };
  /** What `node` runs: its options, then the server's entry file. */
  readonly serverArgv: readonly string[];
  /** Signs and checks the tokens of every server of the system. */
  readonly secret: string;
  /** The clean environment every service starts with (PATH, HOME, TZ). */
  readonly env: Readonly<Record<string, string>>;
  /** The most files one process may open (the hard limit). */
  readonly openFilesLimit: number;
  /** Whom nginx's workers run as; `null` without root, where nginx cannot choose. */
  readonly nginxUser: string | null;
  /**
   * With `chaos`: what `node` runs as the fault proxy, the token it asks for, and the port it
   * listens on for each edge of {@link edgeList}. `null` without.
   */
  readonly edges: {
    readonly argv: readonly string[];
    readonly token: string;
    readonly ports: Readonly<Record<string, number>>;
  } | null;
  /** With `monitoring`: the observers' programs. `null` without. */
  readonly observe: ObserverSite | null;
};

/** A service by name, before it has ports. */
export type ServiceEntry = {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly role: ServerRole | null;
  /** Which of its pool it is, from 1; 1 where there is no pool. */
  readonly index: number;
};

/** How long a server may take to drain, and the time on top after which it is killed. */
const serverShutdownMs = 30_000;
const killAfterShutdownMs = 2000;

/**
 * The services of a topology in the order they start: the fault proxy, Redis, servers, nginx, and
 * with `monitoring` those that watch. Grafana is among them only where one was found.
 */
export function serviceList(topology: Topology, hasGrafana = false): readonly ServiceEntry[] {
  const observers = observerList(topology, hasGrafana);
  const pool = (role: ServerRole, prefix: string): readonly ServiceEntry[] =>
    Array.from({ length: topology[role]?.count ?? 0 }, (_, at) => ({
      name: `${prefix}-${at + 1}`,
      kind: 'server',
      role,
      index: at + 1,
    }));
  return [
    ...(topology.chaos ? [single(edgesService)] : []),
    ...observers.before.map(single),
    ...(topology.redis === null ? [] : [single('redis')]),
    ...pool('all', 'server'),
    ...pool('api', 'api'),
    ...pool('ws', 'ws'),
    ...(topology.proxy === null ? [] : [single('nginx')]),
    ...observers.after.map(single),
  ];
}

/**
 * Turns what should exist into what must be run. Throws a `RangeError` when the site lacks a port
 * or a binary of one of its services: the runner must look first.
 */
export function plan(topology: Topology, site: Site): Plan {
  const entries = serviceList(topology, site.observe?.grafana != null);
  const services = entries.map((entry): PlannedService => {
    switch (entry.kind) {
      case 'redis':
        return redisService(topology, site, entry);
      case 'server':
        return serverService(topology, site, entry);
      case 'nginx':
        return nginxService(topology, site, entry);
      case 'edges':
        return edgesProxy(topology, site, entry);
      default:
        return observer(topology, site, entry, entry.kind);
    }
  });
  const entry = services.find(({ kind }) => kind === 'nginx') ?? entryServer(services);
  return {
    topology,
    entry: {
      host: entry.host,
      port: topology.chaos ? edgePort(site, 'client', entry.name) : entry.port,
    },
    services,
  };
}

function single(kind: Exclude<ServiceKind, 'server'>): ServiceEntry {
  return { name: kind, kind, role: null, index: 1 };
}

/** Without a proxy clients dial the server itself: the one that has sockets. */
function entryServer(services: readonly PlannedService[]): PlannedService {
  const found = services.find(({ role }) => role === 'all' || role === 'ws');
  if (found === undefined) throw new RangeError('the topology has no service that takes clients');
  return found;
}

function redisService(topology: Topology, site: Site, entry: ServiceEntry): PlannedService {
  const { port } = portsOf(site, entry);
  const dataDir = `${site.dir}/data/redis`;
  const conf = `${site.dir}/conf/redis.conf`;
  const durability = topology.redis?.durability ?? 'always';
  return {
    ...shared(topology, site, entry),
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

function serverService(topology: Topology, site: Site, entry: ServiceEntry): PlannedService {
  const { port } = portsOf(site, entry);
  return {
    ...shared(topology, site, entry),
    argv: pinned(topology, site, entry, [site.binaries.node, ...site.serverArgv]),
    env: { ...site.env, ...serverEnv(topology, site, entry) },
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
function serverEnv(topology: Topology, site: Site, entry: ServiceEntry): Record<string, string> {
  const { port, metricsPort } = portsOf(site, entry);
  const { server } = topology;
  const redis = serviceList(topology).find(({ kind }) => kind === 'redis');
  const limit = server.rateLimit;
  return {
    NODE_ENV: 'production',
    RTOPS_ROLE: entry.role ?? 'all',
    RTOPS_NODE: entry.name,
    RTOPS_HOST: site.host,
    [entry.role === 'ws' ? 'WS_PORT' : 'API_PORT']: String(port),
    RTOPS_METRICS_PORT: String(metricsPort ?? 0),
    RTOPS_JWT_SECRET: site.secret,
    ...(redis === undefined
      ? {}
      : { REDIS_URL: `redis://${site.host}:${portTo(topology, site, entry.name, redis)}` }),
    RTOPS_MESSAGE_PATH: topology.messagePath,
    RTOPS_RATE_LIMIT: limit === null ? 'off' : `${limit.count}/${limit.perMs}`,
    ...(server.corsOrigins.length > 0 ? { CORS_ORIGINS: server.corsOrigins.join(',') } : {}),
    RTOPS_PING_INTERVAL_MS: String(server.pingIntervalMs),
    RTOPS_PING_TIMEOUT_MS: String(server.pingTimeoutMs),
    ...(server.maxConnections === null
      ? {}
      : { RTOPS_MAX_CONNECTIONS: String(server.maxConnections) }),
    RTOPS_SHUTDOWN_MS: String(serverShutdownMs),
    RTOPS_TOPOLOGY: topology.name,
    ...(server.sabotage === null ? {} : { RTOPS_SABOTAGE: server.sabotage }),
    ...(server.faults ? { RTOPS_FAULTS: 'on' } : {}),
    RTOPS_TRACE_SAMPLE: String(server.traceSample),
  };
}

function nginxService(topology: Topology, site: Site, entry: ServiceEntry): PlannedService {
  const { port } = portsOf(site, entry);
  const conf = `${site.dir}/conf/nginx.conf`;
  const nodes = (role: 'api' | 'ws') => proxied(topology, site, [role, 'all']);
  const { proxy, server } = topology;
  if (proxy === null) throw new RangeError('nginx is planned without a proxy in the topology');
  return {
    ...shared(topology, site, entry),
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
          pingSumMs: server.pingIntervalMs + server.pingTimeoutMs,
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
function proxied(
  topology: Topology,
  site: Site,
  roles: readonly ServerRole[],
): readonly { readonly name: string; readonly address: string }[] {
  return serviceList(topology)
    .filter(({ role }) => role !== null && roles.includes(role))
    .map((service) => ({
      name: service.name,
      address: `${site.host}:${portTo(topology, site, 'nginx', service)}`,
    }));
}

/** One process for all edges: its own port is for control. */
function edgesProxy(topology: Topology, site: Site, entry: ServiceEntry): PlannedService {
  const { port } = portsOf(site, entry);
  const path = `${site.dir}/${edgesConfigFile}`;
  const config = edgesConfig(serviceList(topology), site, port);
  return {
    ...shared(topology, site, entry),
    argv: [site.binaries.node, ...config.argv, path],
    env: site.env,
    files: [{ path, text: config.text, mode: 0o600 }],
    folders: [],
    ready: { kind: 'http', port, path: '/health' },
    dependsOn: [],
    stop: { signal: 'SIGTERM', graceMs: 2000 },
  };
}

function observer(
  topology: Topology,
  site: Site,
  entry: ServiceEntry,
  kind: ObserverKind,
): PlannedService {
  const services = serviceList(topology, site.observe?.grafana != null);
  const upstreams = topology.proxy === null ? [] : proxied(topology, site, ['api', 'ws', 'all']);
  return {
    ...shared(topology, site, entry),
    ...observerProcess(kind, { topology, site, services, upstreams }),
  };
}

/** Where `from` dials a service: its own port, or that of the edge between them. */
function portTo(topology: Topology, site: Site, from: string, to: ServiceEntry): number {
  return topology.chaos ? edgePort(site, from, to.name) : portsOf(site, to).port;
}

function shared(topology: Topology, site: Site, entry: ServiceEntry) {
  const { port, metricsPort } = portsOf(site, entry);
  return {
    name: entry.name,
    kind: entry.kind,
    role: entry.role,
    host: site.host,
    port,
    metricsPort,
    restart: topology.restart,
  };
}

/** `taskset -c N argv…` when the pool names cores, round robin over them. */
function pinned(
  topology: Topology,
  site: Site,
  entry: ServiceEntry,
  argv: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  const cores = entry.role === null ? null : (topology[entry.role]?.cores ?? null);
  const core = cores?.[(entry.index - 1) % cores.length];
  return core === undefined
    ? argv
    : [needed(site.binaries.taskset, 'taskset'), '-c', String(core), ...argv];
}

function portsOf(site: Site, entry: ServiceEntry) {
  const ports = site.ports[entry.name];
  if (ports === undefined) throw new RangeError(`the site has no port for ${entry.name}`);
  return ports;
}

function needed(binary: string | null, name: string): string {
  if (binary === null) throw new RangeError(`the site has no ${name}`);
  return binary;
}
