import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { testWorld } from '../../testing/test-world.ts';
import { watchRefusals } from './refusals-seen.ts';

const refusal = (port: number) =>
  `2026/11/21 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, upstream: "http://127.0.0.1:${port}/socket.io/?EIO=4", host: "127.0.0.1"\n`;

test('refusals of these ports from now on are counted, all of them, however long the log grew', () => {
  const { cwd } = testWorld();
  mkdirSync(join(cwd, 'logs'));
  const log = join(cwd, 'logs', 'nginx.log');
  writeFileSync(log, refusal(3004));
  const count = watchRefusals(cwd, [3004, 3005]);
  expect(count()).toBe(0);
  appendFileSync(log, refusal(3004) + refusal(3005) + refusal(30_045) + '[notice] 3004\n');
  expect(count()).toBe(2);
  // 20 MB and a bit: more than a count once looked at.
  const many = 120_000;
  appendFileSync(log, refusal(3004).repeat(many));
  expect(count()).toBe(many + 2);
});

test('a log that is not there has none', () => {
  expect(watchRefusals(testWorld().cwd, [3004])()).toBe(0);
});
