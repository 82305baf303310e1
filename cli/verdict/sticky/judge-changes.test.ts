/** Open sessions while the proxy and its pool change: who has to stay, and who may move. */
import { expect, test } from 'vitest';

import type { StickyChange } from '../../samples/sticky-session.ts';
import { changeProblem, judgeChanges } from './judge-changes.ts';
import { heldPass, orphaned, sessionOn, stayed } from './testing/sticky-passes.ts';

const nodes = ['ws-1', 'ws-2', 'ws-3'];
const cookie = { byAddress: false, byPlace: false };
const ipHash = { byAddress: true, byPlace: true };
const hash = { byAddress: true, byPlace: false };
const loss = {
  victim: 'ws-3',
  witnesses: [stayed('ws-1', 0), stayed('ws-2', 1), orphaned('ws-3', 'ws-1', 2)],
};

/** Client 0 lives on ws-1 and had nothing to do with what happens; `over` is what it saw. */
function seen(
  kind: StickyChange['kind'],
  witnesses: StickyChange['witnesses'],
  fresh: StickyChange['fresh'] = [],
) {
  const node = kind === 'reload' ? null : 'ws-3';
  return judgeChanges(heldPass({ loss, changes: [{ kind, node, witnesses, fresh }] }), nodes);
}

/** Its session was on `before` and is unknown where it went. */
const broken = (before: string, client: number) => ({
  ...orphaned(before, 'ws-2', client),
  socket: { node: before, open: true, after: before },
});

test.each([
  { kind: 'reload', rules: cookie, why: 'workers changed, nodes did not' },
  { kind: 'return', rules: ipHash, why: 'it was never on the node that came back' },
  { kind: 'down', rules: ipHash, why: 'every place in the list is as it was' },
  { kind: 'deleted', rules: hash, why: 'a consistent hash moves the clients of that node alone' },
  { kind: 'deleted', rules: cookie, why: 'its cookie names another node' },
] as const)('a session that moves fails the mode: $kind, since $why', ({ kind, rules }) => {
  expect(changeProblem(seen(kind, [stayed('ws-1', 0), stayed('ws-2', 1)]), rules)).toBeNull();
  expect(changeProblem(seen(kind, [broken('ws-1', 0), stayed('ws-2', 1)]), rules)).toMatchObject({
    verdict: 'fail',
    why: expect.stringContaining('1 of 2 open sessions moved'),
  });
});

test('ip_hash counts along its lines: one deleted moves others, which is told and not judged', () => {
  const changes = seen('deleted', [broken('ws-1', 0), stayed('ws-2', 1)]);
  expect(changes[0]).toMatchObject({ sessions: 2, moved: 1 });
  expect(changeProblem(changes, ipHash)).toBeNull();
});

test('a WebSocket that closes fails the mode, but not one of the node that was killed', () => {
  const closed = { ...stayed('ws-1', 0), socket: { node: 'ws-1', open: false, after: null } };
  expect(changeProblem(seen('reload', [closed]), cookie)?.why).toContain('1 WebSockets');
  const gone = { ...stayed('ws-1', 0), socket: { node: 'ws-3', open: false, after: null } };
  expect(changeProblem(seen('return', [gone]), cookie)).toBeNull();
});

test('clients of the dead node flip back under an address hash; a cookie must keep them', () => {
  const changes = seen('return', [stayed('ws-1', 0), broken('ws-1', 2)]);
  expect(changes[0]).toMatchObject({ sessions: 1, moved: 0, orphans: 1, orphansMovedAgain: 1 });
  expect(changeProblem(changes, ipHash)).toBeNull();
  expect(changeProblem(changes, cookie)?.why).toContain('moved a second time');
});

test('the gap of a node that came back closes by newcomers alone, or not at all', () => {
  const witnesses = Array.from({ length: 12 }, (_, at) => stayed(`ws-${1 + (at % 2)}`, at + 10));
  const all = Array.from({ length: 6 }, (_, at) => sessionOn('ws-3', at));
  // 12 sockets over 3 nodes: it lacks 4; each newcomer that goes to it takes 1 − 1/3 off that.
  expect(seen('return', witnesses, all)[0]).toMatchObject({ halvedAfter: 3 });
  const even = Array.from({ length: 6 }, (_, at) => sessionOn(`ws-${1 + (at % 3)}`, at));
  expect(seen('return', witnesses, even)[0]).toMatchObject({ halvedAfter: null });
});
