/**
 * A fault as data: what, where, from when, for how long. The engine (cli/system/faults/) owns order,
 * journal and undo; a kind owns only its effect.
 *
 *     fault  = kind "@" node *( "," option )
 *     option = "at=" time | "for=" time | name "=" value
 *
 * `kill@ws-2,at=20s,for=10s`, `latency@nginx-ws-1,at=5s,for=10s,delay=200ms,jitter=50ms`.
 */

/** Faults of a process. `node` is a service name (`ws-2`, `redis`, `nginx`). */
export type ProcessFaultKind =
  /** SIGKILL; held down for `forMs`, then started again. */
  | 'kill'
  /** SIGTERM: the orderly end; held down for `forMs`, then started again. */
  | 'term'
  /** SIGSTOP, SIGCONT after `forMs`. */
  | 'pause'
  /** The event loop of a Node server is kept busy for `forMs`. */
  | 'block';

/** Faults of Redis. */
export type RedisFaultKind =
  /** SIGKILL and started again at once (`forMs` later when given). */
  | 'restart'
  /** `CLIENT KILL` of every normal and pub/sub connection. */
  | 'client-kill'
  /** SIGKILL, then the append-only file cut back to what was surely synced: a model of power loss. */
  | 'power-loss'
  /** Every fsync of Redis takes this much longer for `forMs` (`delay=…`), where the machine allows it. */
  | 'slow-fsync';

/** Faults of nginx. */
export type ProxyFaultKind =
  /** SIGHUP, once or every `every=…` for `forMs`. */
  | 'reload'
  /** SIGKILL to one worker process. */
  | 'worker-kill'
  /** A broken nginx.conf and a reload: must be refused, and nothing may drop. Put right after `forMs`. */
  | 'bad-config';

/** Faults of an edge (`client-nginx`, `nginx-ws-1`, `ws-1-redis`), or of all edges of a node. */
export type EdgeFaultKind =
  /** `delay=…`, `jitter=…`. Here and below: on each direction, or `direction=up|down` only. */
  | 'latency'
  /** `rate=…` bytes a second, which all connections of an edge share. */
  | 'rate'
  /** Stops reading and writing without closing: a partition. `direction=both|up|down`. */
  | 'blackhole'
  /** Resets every connection, and new ones while it lasts. */
  | 'reset'
  /** Refuses new connections; those that are there stay. */
  | 'refuse'
  /** Closes a connection after `bytes=…` in a direction. */
  | 'cut';

export type FaultKind = ProcessFaultKind | RedisFaultKind | ProxyFaultKind | EdgeFaultKind;

/** Every kind, in the order above. */
export const faultKinds = [
  'kill',
  'term',
  'pause',
  'block',
  'restart',
  'client-kill',
  'power-loss',
  'slow-fsync',
  'reload',
  'worker-kill',
  'bad-config',
  'latency',
  'rate',
  'blackhole',
  'reset',
  'refuse',
  'cut',
] as const satisfies readonly FaultKind[];

export type Fault = {
  /** As written. */
  readonly text: string;
  readonly kind: FaultKind;
  readonly node: string;
  /** ms since run start. */
  readonly atMs: number;
  /** `null`: undone at once where there is something to undo (kill: the supervisor restarts it). */
  readonly forMs: number | null;
  /** Own options of the kind, checked when parsed: durations in ms, sizes in bytes, words as they are. */
  readonly options: Readonly<Record<string, number | string>>;
};

/** Load beside the chat that wants to hurt: `http=5000/s` on the API, `chat=2000/s` on the WS pool. */
export type Flood = { readonly kind: 'http' | 'chat'; readonly perSec: number };
