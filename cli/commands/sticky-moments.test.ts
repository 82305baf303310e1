import { expect, test } from 'vitest';

import { smallSystem } from '../system/faults/testing/small-system.ts';
import { stickyMoments } from './sticky-moments.ts';

test('after a second Ctrl-C a node is let go, and nobody waits until it is back', async () => {
  const { world, system, service } = await smallSystem();
  const second = new AbortController();
  await using moments = await stickyMoments(world, system, () => {}, second.signal);
  await moments.lose('ws-1');
  second.abort();
  await moments.bringBack('ws-1');
  // Its process would have to be started first.
  expect(service('ws-1').state).not.toBe('ready');
});
