/** Ctrl-C in a stickiness test, on real nginx: the modes before it are told. */
import { expect, test } from 'vitest';

import { exitCode } from '../exit-code.ts';
import type { StickyDocument } from '../report/sticky-document.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { waitUntil } from '../system/testing/wait-until.ts';
import { stickyTest } from './sticky-test.ts';

test.each(['ip_hash: starting', 'ip_hash: 30 sessions'])(
  'Ctrl-C at "%s" of --mode all: 105, and the control that was played before is in the document',
  async (moment) => {
    const world = testWorld();
    const end = stickyTest(world, {
      ...{ mode: 'all', sessions: 30, nat: false, cookies: true, nodeLoss: false },
      ...{ set: [], json: true },
    });
    await waitUntil(() => world.printed.stderr.includes(moment), 30_000);
    world.interrupt();
    expect(await end).toBe(exitCode.interrupted);
    const document = JSON.parse(world.printed.stdout) as StickyDocument;
    expect(document.modes.map(({ mode }) => mode)).toEqual(['none']);
    expect(document).toMatchObject({
      verdict: 'no-data',
      why: 'interrupted after 1 of 7 modes',
      exitCode: exitCode.interrupted,
    });
    expect(world.printed.stderr).toContain('interrupted after 1 of 7 modes');
  },
  60_000,
);
