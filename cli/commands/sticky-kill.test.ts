/** rtops is killed in the middle of what sticky-test does to nginx; nginx and the nodes live on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import type { SystemState } from '../system/system-state.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { newShell } from './testing/shell.ts';

test.each([
  { moment: 'a node is marked down', changed: / down;/ },
  { moment: 'its lines are deleted', changed: /^(?![^]* down;)/ },
])(
  'kill -9 of sticky-test when $moment: nginx.conf is as it was, and nginx has read it',
  async ({ moment, changed }) => {
    const shell = newShell();
    const sticky = shell.start('sticky-test', '--mode', 'cookie', '--sessions', '12');
    const word = moment.includes('deleted') ? 'deleting the line of' : 'marking';
    const conf = () => readFileSync(join(shell.dir, '.rtops', 'conf', 'nginx.conf'), 'utf8');
    const before = await waitUntil(
      () => sticky.said().includes('reloading nginx') && conf(),
      60_000,
    );
    const { services, url } = JSON.parse(
      readFileSync(join(shell.dir, '.rtops', 'state.json'), 'utf8'),
    ) as SystemState;
    await waitUntil(
      () => sticky.said().includes(word) && conf() !== before && changed.test(conf()),
      60_000,
    );
    process.kill(sticky.pid, 'SIGKILL');
    await sticky.ended;
    await waitUntil(() => conf() === before);
    const nodes = services.flatMap(({ name, host, port }) =>
      name.startsWith('ws-') ? [`${host}:${port}`] : [],
    );
    const seen = new Set<string>();
    await waitUntil(async () => {
      const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      await answer.arrayBuffer();
      seen.add(answer.headers.get('x-upstream') ?? '');
      return nodes.every((node) => seen.has(node));
    });
    expect((await shell.run('heal')).stdout).toMatch(/^healed: \d+ ended$/m);
    expect(shell.left()).toEqual([]);
  },
  120_000,
);
