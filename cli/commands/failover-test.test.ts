/** A series of runs that is ended early, on real systems: what was measured before is told. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import type { RunEvent } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import type { FailoverOptions } from './failover-request.ts';
import { failoverTest } from './failover-test.ts';

const options = {
  ...{ scenario: undefined, rate: '2/s/user', stage: ['1s:10', '2s:10'] },
  ...{ threshold: [], defaultThresholds: false, set: [], scale: [] },
  ...{ reporter: ['json=events.jsonl'], json: false, ladder: false, selfCheck: false },
} satisfies FailoverOptions;

test.each([
  {
    series: '--repeat',
    asked: { topology: 'single', repeat: 3, fault: ['pause@server-1,at=1s,for=200ms'] },
    says: '1 run on fresh systems',
  },
  {
    series: '--ladder',
    asked: { topology: 'scaled', ladder: true, fault: ['pause@ws-2,at=1s,for=200ms'] },
    says: 'The guarantee ladder',
  },
])(
  'Ctrl-C while the system of the second run of $series starts: the first run is told, and it is 105',
  async ({ asked, says }) => {
    const world = testWorld();
    const end = failoverTest(world, { ...options, ...asked }).catch((error: unknown) => error);
    await waitUntil(() => world.printed.stderr.includes('rtops: 2 of '), 30_000);
    world.interrupt();
    expect(await end).toMatchObject({ code: exitCode.interrupted });
    expect(world.printed.stdout).toContain(says);

    // The file holds both runs, and the one that was over did not hear of the Ctrl-C.
    const events = readFileSync(join(world.cwd, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    const starts = events.filter((one) => one.kind === 'note' && one.text.includes('starting'));
    expect(starts).toHaveLength(2);
    expect(events.filter(({ kind }) => kind === 'draining')).toEqual([]);
  },
  60_000,
);
