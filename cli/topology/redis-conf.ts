/** redis.conf as text, from a topology's durability. */
import type { Durability } from './topology.ts';

export type RedisConfInput = {
  readonly host: string;
  readonly port: number;
  /** Absolute; the append-only file lies here. */
  readonly dataDir: string;
  readonly durability: Durability;
};

/**
 * `always` and `everysec` keep an append-only file and no RDB snapshots; `memory` keeps nothing.
 * `noeviction`: a full Redis must refuse a message, never forget one that was acked.
 */
export function redisConf({ host, port, dataDir, durability }: RedisConfInput): string {
  return `${[
    `bind ${host}`,
    'protected-mode yes',
    `port ${port}`,
    'daemonize no',
    'logfile ""',
    `dir ${quoted(dataDir)}`,
    'save ""',
    ...persistence(durability),
    'maxmemory-policy noeviction',
    // A node that falls behind for a moment in a burst must not lose its subscription.
    'client-output-buffer-limit pubsub 256mb 64mb 60',
  ].join('\n')}\n`;
}

function persistence(durability: Durability): readonly string[] {
  switch (durability) {
    case 'always':
    case 'everysec':
      return ['appendonly yes', `appendfsync ${durability}`, 'no-appendfsync-on-rewrite no'];
    case 'memory':
      return ['appendonly no'];
    default:
      return durability satisfies never;
  }
}

/** Redis reads a double-quoted word as C does. */
function quoted(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
