import { expect, test } from 'vitest';

import { redisConf } from './redis-conf.ts';

const at = { host: '127.0.0.1', port: 6390, dataDir: '/home/kim/my "chat"/.rtops/data/redis' };

test('the whole file, appended on every write, with a folder name that needs quoting', () => {
  expect(redisConf({ ...at, durability: 'always' })).toBe(`bind 127.0.0.1
protected-mode yes
port 6390
daemonize no
logfile ""
dir "/home/kim/my \\"chat\\"/.rtops/data/redis"
save ""
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
maxmemory-policy noeviction
client-output-buffer-limit pubsub 256mb 64mb 60
`);
});

test.each([
  { durability: 'everysec', holds: 'appendfsync everysec', lacks: 'appendonly no' },
  { durability: 'memory', holds: 'appendonly no', lacks: 'appendfsync' },
] as const)('$durability', ({ durability, holds, lacks }) => {
  const text = redisConf({ ...at, durability });
  expect(text).toContain(holds);
  expect(text).not.toContain(lacks);
});
