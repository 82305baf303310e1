/** Where this node keeps things: in Redis when it is given one, in its own memory otherwise. */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { memoryAccounts, type Accounts } from './auth/accounts.ts';
import { fanOut } from './chat/fan-out.ts';
import { hub } from './chat/hub.ts';
import { readHistory } from './chat/log-page.ts';
import type { MessagePath } from './chat/message-path.ts';
import { memoryLimiter, type SendLimiter } from './chat/send-limit.ts';
import type { Config } from './config.ts';
import type { Rooms } from './http/room-routes.ts';
import type { Gate } from './io.ts';
import { memoryLog } from './log/memory-log.ts';
import type { Metrics } from './metrics.ts';

export type Stores = {
  readonly accounts: Accounts;
  readonly limiter: SendLimiter | undefined;
  readonly redis: Redis | undefined;
  readonly rooms: Rooms['list'];
  readonly history: Rooms['history'];
  readonly redisUp: () => boolean | undefined;
  readonly messagePath: (gate: Gate | undefined, metrics: Metrics) => MessagePath;
  close(): Promise<void>;
};

/** The most rooms that `GET /api/v1/rooms` lists. */
const roomsListed = 100;

export async function createStores(config: Config, logger: Logger): Promise<Stores> {
  const log = memoryLog(config.logKeep);
  const limiter = config.sendLimit === undefined ? undefined : memoryLimiter(config.sendLimit);
  return {
    accounts: memoryAccounts(),
    limiter,
    redis: undefined,
    rooms: () => log.rooms(roomsListed),
    history: (room, after, limit) => readHistory(log, room, after, limit),
    redisUp: () => undefined,
    messagePath: (_gate, metrics) => hub({ log, fanOut: fanOut(metrics), logger }),
    close: async () => {
      limiter?.close();
      await log.close();
    },
  };
}
