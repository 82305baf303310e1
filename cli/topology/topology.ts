/** What should exist: the services of a system and how they are wired. Plain data, no ports yet. */

/** What a planned process is: a part of the system, or one that only watches it. */
export type ServiceKind = 'nginx' | 'redis' | 'server' | 'edges' | ObserverKind;

/**
 * With `monitoring`; service names equal the kinds. They watch and are no part of what is measured:
 * reports list them, verdicts and bottlenecks leave them out.
 */
export type ObserverKind =
  | 'exporter'
  | 'redis-exporter'
  | 'nginx-exporter'
  | 'alertmanager'
  | 'prometheus'
  | 'grafana';

/** Which part of the reference server a process plays: API and WS on one port, or one of them. */
export type ServerRole = 'all' | 'api' | 'ws';

/**
 * How nginx picks a WS node. `cookie` pins by a cookie through `map`, `sid` by the node's name in
 * the Engine.IO session id; `native` is nginx's own `sticky` (1.29.6 or newer). The others are
 * nginx's own methods everywhere (`hash` is `hash $remote_addr consistent`).
 */
export type WsBalance =
  | 'round_robin'
  | 'least_conn'
  | 'ip_hash'
  | 'hash'
  | 'cookie'
  | 'sid'
  | 'native';
export type ApiBalance = 'round_robin' | 'least_conn';

/** `adapter`: Socket.IO's Redis adapter, at most once. `log`: stored before acked. */
export type MessagePath = 'adapter' | 'log';

/** Redis persistence: `appendfsync always`, `everysec`, or none at all. */
export type Durability = 'always' | 'everysec' | 'memory';

/** What the supervisor does when a process ends by itself. Words as in compose. */
export type RestartPolicy = {
  readonly policy: 'always' | 'on-failure' | 'no';
  /** Wait before a restart; doubles at each failure in a row, up to 30 times this. */
  readonly delayMs: number;
  /** Give up after this many restarts in a row without a minute of health. */
  readonly maxRetries: number;
};

/** Settings of the reference server that a topology may set; each becomes one environment key. */
export type ServerSettings = {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Per user, across nodes; `null` is off. */
  readonly rateLimit: { readonly count: number; readonly perMs: number } | null;
  /** Connections a node accepts before it refuses the next; `null` is no limit. */
  readonly maxConnections: number | null;
  readonly corsOrigins: readonly string[];
  /** A sabotaged server, for `--self-check` and the tests of the ledger. Never in a shipped topology. */
  readonly sabotage: Sabotage | null;
  /** Servers block their own event loop when their metrics port is asked to: for failover tests. */
  readonly faults: boolean;
  /** Share of the messages and requests that leave lines in the servers' logs, 0 to 1. */
  readonly traceSample: number;
};

/** Ways a server can be made to lie, each of which the ledger must name. */
export type Sabotage = 'drop' | 'double' | 'swap' | 'ack-before-store' | 'store-twice';

/** A pool of server processes of one role: `all-1`, `api-1`, `ws-1`, … */
export type ServerPool = {
  readonly count: number;
  /** Pin each process to one core with `taskset`, round robin over these; `null` leaves it to the kernel. */
  readonly cores: readonly number[] | null;
};

/** nginx in front; `null` in the topology when clients dial the server itself. */
export type Proxy = {
  readonly ws: { readonly balance: WsBalance };
  readonly api: { readonly balance: ApiBalance };
  /** Worker processes. Each holds two files a client (client and upstream side). */
  readonly workers: number;
};

export type RedisSettings = { readonly durability: Durability };

export type Topology = {
  readonly name: string;
  readonly description: string;
  readonly messagePath: MessagePath;
  /** Exactly one of: `all` alone, or `api` and `ws` together. */
  readonly all: ServerPool | null;
  readonly api: ServerPool | null;
  readonly ws: ServerPool | null;
  readonly proxy: Proxy | null;
  /** `null`: rooms and users live in the memory of the one server process. */
  readonly redis: RedisSettings | null;
  readonly server: ServerSettings;
  readonly restart: RestartPolicy;
  /** A TCP fault proxy on every edge (client–nginx, nginx–node, node–Redis). */
  readonly chaos: boolean;
  /** Exporters, Prometheus and Alertmanager beside it, Grafana too where there is one. */
  readonly monitoring: boolean;
  readonly alerts: AlertSettings;
  /** Where observers listen, for bookmarks and a Grafana of one's own; `null`: on any free port. */
  readonly ports: ObserverPorts;
};

export type ObserverPorts = {
  readonly prometheus: number | null;
  readonly alertmanager: number | null;
  readonly grafana: number | null;
};

/** Bounds of alert rules that a topology may set. */
export type AlertSettings = {
  /** Connections to the chat, all nodes together, above which `ConnectionsHigh` fires. */
  readonly connections: number;
};
