/** From what should exist to what must be run: argv, environment, files and ready checks as values. */
import { edgePort, edgesService } from './edges.ts';
import { observerProcess } from './observer-processes.ts';
import { isObserver, observerList } from './observers.ts';
import type { ObserverSite } from './observers.ts';
import { portOf } from './site-parts.ts';
import { systemProcess } from './system-processes.ts';
import type { RestartPolicy, ServerRole, ServiceKind, Topology } from './topology.ts';

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

/** What a service's process is, beside what all services share. */
export type ServiceProcess = Pick<
  PlannedService,
  'argv' | 'env' | 'files' | 'folders' | 'ready' | 'dependsOn' | 'stop'
>;

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
  const list = serviceList(topology, site.observe?.grafana != null);
  const services = list.map((entry): PlannedService => {
    const { kind } = entry;
    const context = { topology, site, services: list };
    return {
      ...shared(topology, site, entry),
      ...(isObserver(kind) ? observerProcess(kind, context) : systemProcess(kind, entry, context)),
    };
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

function shared(topology: Topology, site: Site, { name, kind, role }: ServiceEntry) {
  return {
    ...{ name, kind, role },
    host: site.host,
    port: portOf(site, name),
    metricsPort: site.ports[name]?.metricsPort ?? null,
    restart: topology.restart,
  };
}
