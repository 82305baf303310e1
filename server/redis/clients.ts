/** Connections to Redis. Each setting here answers a way in which a client hides trouble. */
import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** A connection that has been silent this long, though asked, is replaced. */
const silentForMs = 5000;

const common = {
  connectTimeout: 2000,
  socketTimeout: silentForMs,
  keepAlive: 10_000,
  retryStrategy: (attempt: number): number => Math.min(100 * attempt, 500),
};

/**
 * For requests: fails at once when Redis is away, and never sends anything a second time. How long
 * a reply may take is for `patience.ts`.
 */
export function requestClient(url: string, name: string, logger: Logger): Redis {
  return logged(
    new Redis(url, {
      ...common,
      connectionName: name,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
    }),
    name,
    logger,
  );
}

/** For channels: waits for Redis to come back; its owner subscribes again. */
export function channelClient(url: string, name: string, logger: Logger): Redis {
  return logged(
    new Redis(url, {
      ...common,
      connectionName: name,
      enableOfflineQueue: false,
      maxRetriesPerRequest: null,
      autoResubscribe: false,
    }),
    name,
    logger,
  );
}

/** For Socket.IO's adapter: ioredis' own ways, which is what that adapter is written for. */
export function adapterClient(url: string, name: string, logger: Logger): Redis {
  const { retryStrategy } = common;
  return logged(
    new Redis(url, { connectionName: name, retryStrategy, maxRetriesPerRequest: null }),
    name,
    logger,
  );
}

/** Resolves when the connection is usable; rejects after `withinMs`. */
export async function readyWithin(client: Redis, withinMs: number): Promise<void> {
  if (client.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      client.off('ready', ready);
      reject(new Error(`Redis at ${addressOf(client)} does not answer`));
    }, withinMs);
    const ready = (): void => {
      clearTimeout(timer);
      resolve();
    };
    client.once('ready', ready);
  });
}

/** Host and port only: the URL may carry a password. */
function addressOf(client: Redis): string {
  return `${client.options.host ?? 'localhost'}:${client.options.port ?? 6379}`;
}

function logged(client: Redis, name: string, logger: Logger): Redis {
  // Refused connections repeat twice a second: one line when it goes, one when it is back.
  let away = false;
  client.on('error', (error: Error) => {
    if (away) return;
    away = true;
    logger.warn({ redis: name, err: { message: error.message } }, 'Redis is away');
  });
  client.on('close', () => {
    if (!away) logger.warn({ redis: name }, 'Redis closed the connection');
    away = true;
  });
  client.on('ready', () => {
    if (away) logger.info({ redis: name }, 'Redis is back');
    away = false;
  });
  return client;
}
