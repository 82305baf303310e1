/**
 * The server's settings: the one reader of its environment. Everything is checked at boot, so a
 * typing error stops the server with the key's name and never surfaces as a strange default later.
 */

export type ServerRole = 'all' | 'api' | 'ws';

/** A server that lies in one way, so that the ledger can show that it would be caught. */
export type Sabotage = 'drop' | 'double' | 'swap' | 'ack-before-store' | 'store-twice';

/** At most `count` messages per user in any `windowMs`. */
export type SendLimit = { readonly count: number; readonly windowMs: number };

export type Config = {
  readonly role: ServerRole;
  /** Name of this node, in the `x-node` header and in logs. */
  readonly node: string;
  readonly host: string;
  /** Where HTTP (and, unless the role is `api`, Socket.IO) listens; 0 = any free port. */
  readonly port: number;
  readonly metricsPort: number;
  /** HS256 secret; never logged. */
  readonly jwtSecret: string;
  /** Without it everything is kept in the memory of this process. */
  readonly redisUrl: string | undefined;
  readonly messagePath: 'log' | 'adapter';
  readonly sendLimit: SendLimit | undefined;
  readonly corsOrigins: readonly string[];
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly maxConnections: number | undefined;
  readonly shutdownMs: number;
  readonly logLevel: LogLevel;
  readonly topology: string;
  /** Messages a room's log keeps at least. */
  readonly logKeep: number;
  readonly sabotage: Sabotage | undefined;
  /** How often a node renews its share of the presence counts, and how long that outlives it. */
  readonly presenceRefreshMs: number;
  readonly presenceTtlMs: number;
  /** The metrics port takes `POST /fault/block`. */
  readonly faults: boolean;
  /** Share of the messages and requests that leave lines in the log, 0 to 1; picked by their id. */
  readonly traceSample: number;
};

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

/**
 * A setting that is wrong; `key` is the environment variable's name. Its value is told too, except
 * where it may be a secret (the JWT secret, the URL of Redis).
 */
export class ConfigError extends Error {
  readonly key: string;
  constructor(key: string, problem: string) {
    super(`${key}: ${problem}`);
    this.name = 'ConfigError';
    this.key = key;
  }
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings.
 * @throws {ConfigError} naming the first key that is unknown, missing or wrong.
 */
export function parseConfig(env: Env): Config {
  refuseUnknown(env);
  const role = oneOf(env, 'RTOPS_ROLE', ['all', 'api', 'ws'], 'all');
  const redisUrl = redis(env);
  const messagePath = oneOf(env, 'RTOPS_MESSAGE_PATH', ['log', 'adapter'], 'log');
  return {
    role,
    node: nodeName(env),
    host: text(env, 'RTOPS_HOST') ?? '127.0.0.1',
    port: integer(env, role === 'ws' ? 'WS_PORT' : 'API_PORT', { from: 0, to: 65_535 }, 0),
    metricsPort: integer(env, 'RTOPS_METRICS_PORT', { from: 0, to: 65_535 }, 0),
    jwtSecret: secret(env),
    redisUrl,
    messagePath,
    sendLimit: sendLimit(env),
    corsOrigins: origins(env),
    pingIntervalMs: integer(env, 'RTOPS_PING_INTERVAL_MS', { from: 100, to: 3_600_000 }, 25_000),
    pingTimeoutMs: integer(env, 'RTOPS_PING_TIMEOUT_MS', { from: 100, to: 3_600_000 }, 60_000),
    maxConnections:
      text(env, 'RTOPS_MAX_CONNECTIONS') === undefined
        ? undefined
        : integer(env, 'RTOPS_MAX_CONNECTIONS', { from: 0, to: 10_000_000 }, 0),
    shutdownMs: integer(env, 'RTOPS_SHUTDOWN_MS', { from: 100, to: 3_600_000 }, 30_000),
    logLevel: oneOf(env, 'RTOPS_LOG_LEVEL', logLevels, 'info'),
    topology: text(env, 'RTOPS_TOPOLOGY') ?? '',
    logKeep: integer(env, 'RTOPS_LOG_KEEP', { from: 1, to: 10_000_000 }, 10_000),
    sabotage: sabotage(env, messagePath),
    ...presence(env),
    faults: oneOf(env, 'RTOPS_FAULTS', ['on', 'off'], 'off') === 'on',
    traceSample: share(env, 'RTOPS_TRACE_SAMPLE', 0.01),
  };
}

const knownKeys: ReadonlySet<string> = new Set([
  'RTOPS_ROLE',
  'RTOPS_NODE',
  'RTOPS_HOST',
  'RTOPS_METRICS_PORT',
  'RTOPS_JWT_SECRET',
  'RTOPS_MESSAGE_PATH',
  'RTOPS_RATE_LIMIT',
  'RTOPS_PING_INTERVAL_MS',
  'RTOPS_PING_TIMEOUT_MS',
  'RTOPS_MAX_CONNECTIONS',
  'RTOPS_SHUTDOWN_MS',
  'RTOPS_LOG_LEVEL',
  'RTOPS_TOPOLOGY',
  'RTOPS_LOG_KEEP',
  'RTOPS_SABOTAGE',
  'RTOPS_PRESENCE_REFRESH_MS',
  'RTOPS_PRESENCE_TTL_MS',
  'RTOPS_FAULTS',
  'RTOPS_TRACE_SAMPLE',
]);

function refuseUnknown(env: Env): void {
  for (const key of Object.keys(env)) {
    if (key.startsWith('RTOPS_') && !knownKeys.has(key)) {
      throw new ConfigError(key, `unknown key. Known: ${[...knownKeys].join(', ')}`);
    }
  }
}

/** An empty value counts as absent: compose files write `KEY=` for "not set". */
function text(env: Env, key: string): string | undefined {
  const value = env[key];
  return value === undefined || value === '' ? undefined : value;
}

function oneOf<const T extends string>(
  env: Env,
  key: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const value = text(env, key);
  if (value === undefined) return fallback;
  const found = allowed.find((one) => one === value);
  if (found === undefined) {
    throw new ConfigError(key, `expected ${allowed.join(' | ')}, got ${JSON.stringify(value)}`);
  }
  return found;
}

type Range = { readonly from: number; readonly to: number };

function integer(env: Env, key: string, range: Range, fallback: number): number {
  const value = text(env, key);
  return value === undefined ? fallback : integerOf(key, value, range);
}

function integerOf(key: string, value: string, { from, to }: Range): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < from || number > to) {
    throw new ConfigError(
      key,
      `expected a whole number from ${from} to ${to}, got ${JSON.stringify(value)}`,
    );
  }
  return number;
}

function share(env: Env, key: string, fallback: number): number {
  const value = text(env, key);
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!/^[\d.e-]+$/.test(value) || !(number >= 0 && number <= 1)) {
    throw new ConfigError(key, `expected a number from 0 to 1, got ${JSON.stringify(value)}`);
  }
  return number;
}

function nodeName(env: Env): string {
  const name = text(env, 'RTOPS_NODE') ?? 'server-1';
  // It travels in a response header.
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
    throw new ConfigError('RTOPS_NODE', 'expected 1 to 64 of A-Z a-z 0-9 . _ -');
  }
  return name;
}

function secret(env: Env): string {
  const value = text(env, 'RTOPS_JWT_SECRET');
  if (value === undefined) {
    throw new ConfigError('RTOPS_JWT_SECRET', 'missing; it signs the access tokens');
  }
  // RFC 7518 §3.2: an HS256 key has at least the 256 bits of the hash.
  if (Buffer.byteLength(value) < 32) {
    throw new ConfigError('RTOPS_JWT_SECRET', 'too short: at least 32 characters');
  }
  return value;
}

function redis(env: Env): string | undefined {
  const value = text(env, 'REDIS_URL');
  if (value === undefined) return undefined;
  if (!URL.canParse(value) || !['redis:', 'rediss:'].includes(new URL(value).protocol)) {
    throw new ConfigError('REDIS_URL', 'expected redis://host:port or rediss://host:port');
  }
  return value;
}

function sendLimit(env: Env): SendLimit | undefined {
  const key = 'RTOPS_RATE_LIMIT';
  const value = text(env, key) ?? 'off';
  if (value === 'off') return undefined;
  const [count, windowMs, ...rest] = value.split('/');
  if (count === undefined || windowMs === undefined || rest.length > 0) {
    throw new ConfigError(key, `expected COUNT/MS such as 20/10000, or off, got ${value}`);
  }
  return {
    count: integerOf(key, count, { from: 1, to: 10_000 }),
    windowMs: integerOf(key, windowMs, { from: 1, to: 86_400_000 }),
  };
}

function origins(env: Env): readonly string[] {
  const value = text(env, 'CORS_ORIGINS');
  if (value === undefined) return [];
  return value.split(',').map((part) => {
    const origin = part.trim();
    if (origin.includes('*')) {
      throw new ConfigError(
        'CORS_ORIGINS',
        '`*` would let every site act for its visitors; list the origins',
      );
    }
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ConfigError(
        'CORS_ORIGINS',
        `expected origins such as https://chat.example, got ${JSON.stringify(origin)}`,
      );
    }
    return origin;
  });
}

function presence(env: Env): Pick<Config, 'presenceRefreshMs' | 'presenceTtlMs'> {
  const range = { from: 100, to: 3_600_000 };
  const presenceRefreshMs = integer(env, 'RTOPS_PRESENCE_REFRESH_MS', range, 25_000);
  const presenceTtlMs = integer(env, 'RTOPS_PRESENCE_TTL_MS', range, 60_000);
  if (presenceTtlMs <= presenceRefreshMs) {
    throw new ConfigError('RTOPS_PRESENCE_TTL_MS', 'must be above RTOPS_PRESENCE_REFRESH_MS');
  }
  return { presenceRefreshMs, presenceTtlMs };
}

function sabotage(env: Env, messagePath: Config['messagePath']): Sabotage | undefined {
  const key = 'RTOPS_SABOTAGE';
  if (text(env, key) === undefined) return undefined;
  if (messagePath !== 'log') throw new ConfigError(key, 'works on RTOPS_MESSAGE_PATH=log only');
  return oneOf(env, key, ['drop', 'double', 'swap', 'ack-before-store', 'store-twice'], 'drop');
}
