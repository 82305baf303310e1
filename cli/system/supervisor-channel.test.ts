import { expect, test } from 'vitest';

import { startSupervisor } from './supervisor-channel.ts';
import { testWorld } from './testing/test-world.ts';

test.each([
  ['before it hears signals', 'setTimeout(() => {}, 60_000)'],
  ['before it has anything to stop', 'process.exit(105)'],
])('given up %s: 105, as at any other time', async (_, code) => {
  const argv = ['-e', code];
  const start = startSupervisor(testWorld(), {
    argv,
    onService: () => {},
    signal: AbortSignal.abort(),
  });
  await expect(start).rejects.toMatchObject({ code: 105 });
});

test('one that ends by itself is told with what it wrote', async () => {
  const argv = ['-e', "console.error('no luck'); process.exit(3)"];
  const { signal } = new AbortController();
  const start = startSupervisor(testWorld(), { argv, onService: () => {}, signal });
  await expect(start).rejects.toMatchObject({ code: 120, why: 'code 3', evidence: ['no luck'] });
});
