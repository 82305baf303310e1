/** Each way a session breaks, and the cause that is named for it. */
import { expect, test } from 'vitest';

import type { StickySession, StickyStep, StickyTrouble } from '../../samples/sticky-session.ts';
import { breakOf } from './break-cause.ts';
import { sessionOn, stepOn, strayed } from './testing/sticky-passes.ts';

const nobody: ReadonlySet<string> = new Set();

function endingWith(step: StickyStep, over: Partial<StickySession> = {}): StickySession {
  return sessionOn('ws-1', 0, { steps: [stepOn('ws-1', { step: 'handshake' }), step], ...over });
}

function trouble(kind: StickyTrouble['kind'], over: Partial<StickyStep> = {}): StickyStep {
  return stepOn('ws-1', { trouble: { kind, text: kind }, ...over });
}

test('a session that held has no break', () => {
  expect(breakOf(sessionOn('ws-1', 0), nobody)).toBeNull();
});

test.each([
  {
    name: 'another node, nothing holds it',
    session: strayed('ws-1', 'ws-2', 0),
    cause: 'no-stickiness',
  },
  {
    name: 'a cookie was set and did not come back',
    session: strayed('ws-1', 'ws-2', 0, {
      cookies: { names: ['rtops_node'], sentBack: false, flaws: [] },
    }),
    cause: 'cookie-dropped',
  },
  {
    name: 'a cookie came back, and still another node',
    session: strayed('ws-1', 'ws-2', 0, {
      cookies: { names: ['rtops_node'], sentBack: true, flaws: [] },
    }),
    cause: 'no-stickiness',
  },
  {
    name: 'the proxy tried its node, then another',
    session: endingWith(
      trouble('session-unknown', { header: 'ws-2', upstreams: ['ws-1', 'ws-2'] }),
    ),
    cause: 'silent-retry',
  },
  {
    name: 'another node answered, and well: it cannot be the same session',
    session: endingWith(stepOn('ws-2')),
    cause: 'no-stickiness',
  },
  {
    name: 'its own node forgot it',
    session: endingWith(trouble('session-unknown')),
    cause: 'session-lost',
  },
  { name: 'no node left', session: endingWith(trouble('gateway')), cause: 'dead-slot' },
  {
    name: 'an upgrade that is none',
    session: endingWith(trouble('not-an-upgrade', { step: 'upgrade' })),
    cause: 'upgrade-headers',
  },
  {
    name: 'header and proxy disagree',
    session: endingWith(stepOn('ws-1', { upstreams: ['ws-2'] })),
    cause: 'identity-disagrees',
  },
  {
    name: 'header and application disagree',
    session: endingWith(stepOn('ws-1', { app: 'ws-2' })),
    cause: 'identity-disagrees',
  },
  { name: 'not let in', session: endingWith(trouble('refused')), cause: 'refused' },
  { name: 'cut', session: endingWith(trouble('closed')), cause: 'connection' },
  { name: 'no answer', session: endingWith(trouble('timeout')), cause: 'connection' },
] as const)('$name: $cause', ({ session, cause }) => {
  expect(breakOf(session, nobody)).toMatchObject({ cause, home: 'ws-1' });
});

test('when its node is known to be down, that is the cause', () => {
  expect(breakOf(strayed('ws-1', 'ws-2', 0), new Set(['ws-1']))).toMatchObject({
    cause: 'dead-slot',
  });
});

test('an upstream told as an address neither agrees nor disagrees', () => {
  const steps = [
    stepOn('ws-1', { step: 'handshake', upstreams: ['127.0.0.1:3003'] }),
    stepOn('ws-1', { upstreams: ['127.0.0.1:3003'] }),
  ];
  expect(breakOf(sessionOn('ws-1', 0, { steps }), nobody)).toBeNull();
});
