/** From what was seen to the verdict: every row has one that must pass and ones that must not. */
import { describe, expect, test } from 'vitest';

import type { StickyPass, StickySession } from '../../samples/sticky-session.ts';
import { ipHashNode } from './ip-hash.ts';
import { judgeStickyMode } from './judge-sticky-mode.ts';
import type { ModeContext } from './judge-sticky-mode.ts';
import { judgeSticky } from './judge-sticky.ts';
import type { StickyModeResult } from './sticky-result.ts';
import { heldPass, orphaned, sessionOn, stayed, stepOn, strayed } from './testing/sticky-passes.ts';

const nodes = ['ws-1', 'ws-2', 'ws-3'];
const byCookie: ModeContext = {
  mode: 'cookie',
  role: 'subject',
  nodes,
  even: true,
  affine: true,
  predictable: false,
  byAddress: false,
};

function judged(pass: Partial<StickyPass>, over: Partial<ModeContext> = {}): StickyModeResult {
  return judgeStickyMode(heldPass(pass), { ...byCookie, ...over });
}

describe('one mode', () => {
  test('sessions that all held, evenly: pass', () => {
    const result = judged({});
    expect(result).toMatchObject({ verdict: 'pass', sessions: 30, broken: 0, causes: [] });
    expect(result.skew.handshakes).toMatchObject({ cv: 0, p: 1 });
    expect(result.skew.sockets.perNode.map(({ amount }) => amount)).toEqual([
      10_000, 10_000, 10_000,
    ]);
    expect(result.skew.messages.perNode.map(({ amount }) => amount)).toEqual([20, 20, 20]);
  });

  test('one session of thirty that broke: fail, with the step and the cause', () => {
    const { sessions } = heldPass();
    const result = judged({ sessions: [...sessions.slice(1), strayed('ws-1', 'ws-2', 0)] });
    expect(result).toMatchObject({
      verdict: 'fail',
      broken: 1,
      causes: [{ cause: 'no-stickiness', step: 'connect', count: 1 }],
    });
    expect(result.why).toContain('1 of 30');
  });

  test('sessions that held on one node of three: fail where the proxy spreads, a hot spot where it hashes', () => {
    const sessions = Array.from({ length: 30 }, (_, at) =>
      sessionOn('ws-1', at, { source: `127.0.0.${at}` }),
    );
    expect(judged({ sessions })).toMatchObject({ verdict: 'fail' });
    const hashed = judged({ sessions }, { mode: 'ip_hash', even: false });
    expect(hashed.verdict).toBe('pass');
    expect(hashed.findings).toContainEqual({
      kind: 'hot-spot',
      text: '30 of 30 sessions are on ws-1: ip_hash reads three octets, and 100% of the clients share one /24',
    });
  });

  test('nobody got in: no data, not a failure of stickiness', () => {
    const sessions = heldPass().sessions.map((session) => ({
      ...session,
      socket: null,
      steps: [
        stepOn('ws-1', {
          step: 'handshake',
          status: null,
          header: null,
          upstreams: [],
          trouble: { kind: 'closed', text: 'ECONNREFUSED' },
        }),
      ],
    }));
    expect(judged({ sessions })).toMatchObject({ verdict: 'no-data', broken: 30 });
  });

  test.each([
    { name: 'one node', seen: 'ws-1', why: 'one node' },
    { name: 'no name at all', seen: null, why: 'nothing shows that there are several' },
  ])('$name seen at a foreign target: no data', ({ seen, why }) => {
    const sessions = [sessionOn('ws-1', 0), sessionOn('ws-1', 1)].map((session) => ({
      ...session,
      socket: null,
      steps: session.steps.map((step) => ({ ...step, header: seen, app: null, upstreams: [] })),
    }));
    const result = judged({ sessions }, { nodes: null });
    expect(result.verdict).toBe('no-data');
    expect(result.why).toContain(why);
  });

  test('without cookies they held too: the cookie is not what sticks', () => {
    const { sessions } = heldPass();
    expect(judged({ withoutCookies: sessions })).toMatchObject({ verdict: 'no-data' });
    const withoutCookies = [strayed('ws-1', 'ws-2', 0), sessionOn('ws-1', 1)];
    expect(judged({ withoutCookies })).toMatchObject({
      verdict: 'pass',
      withoutCookies: { sessions: 2, broken: 1, astray: 1 },
    });
  });

  test.each([
    { name: 'a third of what must stray', strays: 2, cut: 0, verdict: 'no-data' },
    { name: 'half of it', strays: 4, cut: 0, verdict: 'pass' },
    { name: 'enough, but most for another reason', strays: 2, cut: 6, verdict: 'no-data' },
  ])('sessions without cookies: $name: $verdict', ({ strays, cut, verdict }) => {
    const withoutCookies = Array.from({ length: 12 }, (_, at) =>
      at < strays
        ? strayed('ws-1', 'ws-2', at)
        : at < strays + cut
          ? cutOff('ws-1', at)
          : sessionOn('ws-1', at),
    );
    expect(judged({ withoutCookies }).verdict).toBe(verdict);
  });

  test.each([
    { sessions: 6, nodes: 3, verdict: 'no-data' },
    { sessions: 7, nodes: 3, verdict: 'pass' },
    { sessions: 9, nodes: 2, verdict: 'no-data' },
    { sessions: 10, nodes: 2, verdict: 'pass' },
  ])('$sessions that held over $nodes nodes: $verdict', ({ sessions, nodes: count, verdict }) => {
    const few = Array.from({ length: sessions }, (_, at) =>
      sessionOn(`ws-${1 + (at % count)}`, at),
    );
    const result = judged({ sessions: few }, { nodes: nodes.slice(0, count) });
    expect(result.verdict).toBe(verdict);
    if (verdict === 'no-data') expect(result.why).toContain('by chance');
  });
});

/** A session whose connection was cut: that says nothing of stickiness. */
function cutOff(home: string, client: number): StickySession {
  return sessionOn(home, client, {
    steps: [
      stepOn(home, { step: 'handshake' }),
      stepOn(home, { step: 'connect', status: null, trouble: { kind: 'closed', text: 'cut' } }),
    ],
    socket: null,
  });
}

describe('the oracle of ip_hash', () => {
  const ipHash = { mode: 'ip_hash', even: false, predictable: true } as const;
  const foretold = Array.from({ length: 30 }, (_, at) =>
    sessionOn(ipHashNode(`127.0.${1 + at}.1`, nodes, new Set()) ?? '', at),
  );

  test('every client where the hash says: pass', () => {
    const result = judged({ sessions: foretold }, ipHash);
    expect(result.verdict).toBe('pass');
    expect(result.oracle).toEqual({ predicted: 30, right: 30, misses: [] });
  });

  test('one elsewhere: fail, with its address', () => {
    const [first] = foretold;
    const wrong = first?.steps[0]?.header === 'ws-1' ? 'ws-2' : 'ws-1';
    const result = judged({ sessions: [sessionOn(wrong, 0), ...foretold.slice(1)] }, ipHash);
    expect(result.verdict).toBe('fail');
    expect(result.oracle?.misses).toMatchObject([{ source: '127.0.1.1', real: wrong }]);
  });
});

describe('the loss of a node', () => {
  const survivors = [stayed('ws-1', 0), stayed('ws-3', 1)];
  const orphans = [orphaned('ws-2', 'ws-1', 2), orphaned('ws-2', 'ws-3', 3)];
  const [survivor = stayed('ws-1', 0)] = survivors;
  const [orphan = orphaned('ws-2', 'ws-1', 2)] = orphans;
  const lost = (witnesses: readonly (typeof survivor)[], over: Partial<ModeContext> = {}) =>
    judged({ loss: { victim: 'ws-2', witnesses } }, over);

  test('survivors stay and orphans move once: pass', () => {
    const result = lost([...survivors, ...orphans]);
    expect(result.verdict).toBe('pass');
    expect(result.loss).toMatchObject({
      survivors: 2,
      survivorsMoved: 0,
      orphans: 2,
      orphansBack: 2,
    });
  });

  test.each([
    { name: 'a survivor answered by another node', one: { ...survivor, asked: stepOn('ws-3') } },
    {
      name: "a survivor's session broken",
      one: { ...survivor, asked: stepOn('ws-1', { trouble: { kind: 'gateway', text: '' } }) },
    },
    {
      name: "a survivor's next session elsewhere",
      one: { ...survivor, next: sessionOn('ws-3', 0) },
    },
    {
      name: "a survivor's WebSocket closed",
      one: { ...survivor, socket: { node: 'ws-1', open: false, after: null } },
    },
    { name: 'an orphan that moves twice', one: { ...orphan, next: strayed('ws-1', 'ws-3', 2) } },
    { name: 'an orphan that does not come back', one: { ...orphan, next: null } },
  ] as const)('$name: fail', ({ one }) => {
    const others = [...survivors, ...orphans].filter(({ client }) => client !== one.client);
    expect(lost([...others, one]).verdict).toBe('fail');
  });

  test('by session id the next session may go anywhere', () => {
    const moved = { ...survivor, next: sessionOn('ws-3', 0) };
    expect(lost([moved, ...orphans], { mode: 'sid', affine: false }).verdict).toBe('pass');
  });

  test('nobody was on it: no data', () => {
    expect(lost(survivors).verdict).toBe('no-data');
  });
});

describe('the whole test', () => {
  const subject = judged({});
  const broken = judged({
    sessions: Array.from({ length: 12 }, (_, at) =>
      at < 8 ? strayed('ws-1', 'ws-2', at) : sessionOn('ws-1', at),
    ),
  });
  const control = { ...broken, mode: 'none', role: 'control' } as const;
  const held = { ...control, broken: 0, causes: [] } as const;
  const cutShort = {
    ...control,
    causes: [{ cause: 'connection', step: 'connect', count: 12 }],
  } as const;
  const seldom = {
    ...control,
    causes: [{ cause: 'no-stickiness', step: 'connect', count: 3 }],
  } as const;
  const refused = { mode: 'native', role: 'subject', verdict: 'refused', why: 'too old' } as const;

  test.each([
    { name: 'the control broke, the subject held', modes: [control, subject], code: 0 },
    { name: 'the subject broke as well', modes: [control, broken], code: 99 },
    { name: 'the control held: blind', modes: [held, subject], code: 122 },
    { name: 'blind, but the subject broke', modes: [held, broken], code: 99 },
    { name: 'the control broke for another reason: blind', modes: [cutShort, subject], code: 122 },
    { name: 'it strayed too seldom: blind', modes: [seldom, subject], code: 122 },
    {
      name: 'a mode that cannot be played counts for nothing',
      modes: [control, subject, refused],
      code: 0,
    },
    { name: 'nothing could be played', modes: [control, refused], code: 122 },
    { name: 'none alone, and it broke', modes: [{ ...broken, mode: 'none' }], code: 99 },
    {
      name: 'a subject without data',
      modes: [control, { ...subject, verdict: 'no-data' }],
      code: 122,
    },
  ] as const)('$name: $code', ({ modes, code }) => {
    expect(judgeSticky(modes).exitCode).toBe(code);
  });
});
