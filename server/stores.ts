/** Where this node keeps things: in Redis when it is given one, in its own memory otherwise. */
import { createAdapter } from '@socket.io/redis-adapter';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { memoryAccounts, type Accounts } from './auth/accounts.ts';
import { adapterPath } from './chat/adapter-path.ts';
import { fanOut as createFanOut } from './chat/fan-out.ts';
import { hub } from './chat/hub.ts';
import type { MessagePath } from './chat/message-path.ts';
import { localPresence, type LocalCounts, type Presence } from './chat/presence.ts';
import { sabotagedLog, sabotagedShow } from './chat/sabotage.ts';
import { memoryLimiter, type SendLimiter } from './chat/send-limit.ts';
import type { Config } from './config.ts';
import type { Gate } from './io.ts';
import { memoryLog } from './log/memory-log.ts';
import { redisLog } from './log/redis-log.ts';
import type { RoomLog } from './log/room-log.ts';
import type { Metrics } from './metrics.ts';
import { adapterClient, channelClient, readyWithin, requestClient } from './redis/clients.ts';
import { patience, type Patience } from './redis/patience.ts';
import { pulse } from './redis/pulse.ts';
import { redisAccounts } from './redis/redis-accounts.ts';
import { redisLimiter } from './redis/redis-limiter.ts';
import { redisPresence } from './redis/redis-presence.ts';
import type { Trace } from './trace/trace.ts';

export type Stores = {
  readonly accounts: Accounts;
  readonly limiter: SendLimiter | undefined;
  readonly redis: { readonly client: Redis; readonly waits: Patience } | undefined;
  readonly log: RoomLog;
  /** @param counts of this node; `undefined` when it has no connections. */
  readonly presence: (counts: LocalCounts | undefined) => Presence;
  /** `undefined` where there is no Redis. */
  readonly redisUp: () => boolean | undefined;
  /** Whether something could be stored within the last 3 s. */
  readonly writable: () => boolean;
  /** Connections of the kind Socket.IO's adapter wants; closed with the rest. */
  readonly adapter: (() => ReturnType<typeof createAdapter>) | undefined;
  close(): Promise<void>;
};

/** @throws when there should be a Redis and it does not answer in time. */
export async function createStores(
  config: Config,
  logger: Logger,
  metrics: Metrics,
): Promise<Stores> {
  return config.redisUrl === undefined
    ? memoryStores(config)
    : redisStores(config, config.redisUrl, logger, metrics);
}

/** The way of a message on this node, by setting. */
export function createMessagePath(
  config: Config,
  { log, redis, adapter }: Stores,
  gate: Gate,
  metrics: Metrics,
  trace: Trace,
): MessagePath {
  const { logger } = trace;
  if (config.messagePath === 'adapter') {
    if (adapter !== undefined) gate.io.adapter(adapter());
    return adapterPath(gate.chat, redis, metrics);
  }
  const fanOut = createFanOut(metrics);
  const { sabotage } = config;
  if (sabotage === undefined) return hub({ log, fanOut, logger, trace });
  logger.warn({ sabotage }, 'this server lies on purpose');
  return hub({
    log: sabotagedLog(sabotage, log),
    fanOut,
    logger,
    trace,
    show: sabotagedShow(sabotage, fanOut),
  });
}

function memoryStores(config: Config): Stores {
  const limiter = config.sendLimit === undefined ? undefined : memoryLimiter(config.sendLimit);
  return {
    accounts: memoryAccounts(),
    limiter,
    redis: undefined,
    log: memoryLog(config.logKeep),
    presence: (counts = { members: () => 0, sessions: () => 0 }) =>
      localPresence(config.node, counts),
    redisUp: () => undefined,
    writable: () => true,
    adapter: undefined,
    close: async () => limiter?.close(),
  };
}

const readyWithinMs = 5000;

async function redisStores(
  config: Config,
  url: string,
  logger: Logger,
  metrics: Metrics,
): Promise<Stores> {
  const requests = requestClient(url, `rtops-${config.node}`, logger);
  const channels = channelClient(url, `rtops-${config.node}-channels`, logger);
  try {
    await Promise.all([requests, channels].map((client) => readyWithin(client, readyWithinMs)));
  } catch (error) {
    requests.disconnect();
    channels.disconnect();
    throw error;
  }
  const waits = patience(() => {
    metrics.adapterErrors += 1;
  });
  const heart = pulse(requests, waits, config.node);
  const log = await redisLog({
    requests,
    channels,
    pulse: heart,
    waits,
    keep: config.logKeep,
    logger,
    arrived: metrics.arrived,
  });
  const extra: Redis[] = [];
  return {
    accounts: redisAccounts(requests, waits),
    limiter:
      config.sendLimit === undefined ? undefined : redisLimiter(requests, waits, config.sendLimit),
    redis: { client: requests, waits },
    log,
    presence: (counts) =>
      redisPresence({
        client: requests,
        waits,
        node: config.node,
        counts,
        refreshMs: config.presenceRefreshMs,
        ttlMs: config.presenceTtlMs,
      }),
    redisUp: () => heart.up(),
    writable: () => heart.ready(),
    adapter: () => {
      const pub = adapterClient(url, `rtops-${config.node}-pub`, logger);
      const sub = adapterClient(url, `rtops-${config.node}-sub`, logger);
      extra.push(pub, sub);
      return createAdapter(pub, sub, { publishOnSpecificResponseChannel: true });
    },
    close: async () => {
      heart.close();
      waits.close();
      await log.close();
      for (const client of extra) client.disconnect();
      requests.disconnect();
    },
  };
}
