/** Passes of a stickiness probe as values. */
import type {
  StickyPass,
  StickySession,
  StickyStep,
  StickyWitness,
} from '../../../samples/sticky-session.ts';

/** A step that `node` answered, as all three say. */
export function stepOn(node: string, over: Partial<StickyStep> = {}): StickyStep {
  return {
    step: 'event',
    atMs: 0,
    tookMs: 1,
    status: 200,
    header: node,
    app: null,
    upstreams: [node],
    trouble: null,
    ...over,
  };
}

/** A session of client `client` that held at `node` to its end; `over` its steps. */
export function sessionOn(
  node: string,
  client: number,
  over: Partial<StickySession> = {},
): StickySession {
  return {
    client,
    source: `127.0.${1 + client}.1`,
    sid: `${node}.abc`,
    cookies: { names: [], sentBack: true, flaws: [] },
    steps: [
      stepOn(node, { step: 'handshake' }),
      stepOn(node, { step: 'connect' }),
      stepOn(node, { step: 'receive' }),
      stepOn(node),
      stepOn(node, { step: 'receive', app: node }),
      stepOn(node, { step: 'upgrade', status: 101 }),
      stepOn(node, { step: 'echo', status: null, header: null, app: node, upstreams: [] }),
    ],
    socket: { node, openMs: 1000 },
    ...over,
  };
}

/** A session that broke at the POST after the handshake: `answered` did not know it. */
export function strayed(
  home: string,
  answered: string,
  client: number,
  over: Partial<StickySession> = {},
): StickySession {
  return sessionOn(home, client, {
    steps: [
      stepOn(home, { step: 'handshake' }),
      stepOn(answered, {
        step: 'connect',
        status: 400,
        trouble: { kind: 'session-unknown', text: 'HTTP 400 Session ID unknown' },
      }),
    ],
    socket: null,
    ...over,
  });
}

/** Thirty sessions that held, ten a node. */
export function heldPass(over: Partial<StickyPass> = {}): StickyPass {
  return {
    sessions: Array.from({ length: 30 }, (_, at) => sessionOn(`ws-${1 + (at % 3)}`, at)),
    withoutCookies: null,
    loss: null,
    changes: [],
    ...over,
  };
}

/** A client that lived on `before` when another node died, and stayed. */
export function stayed(before: string, client: number): StickyWitness {
  return {
    client,
    source: `127.0.${1 + client}.1`,
    before,
    asked: stepOn(before),
    socket: { node: before, open: true, after: before },
    next: sessionOn(before, client),
  };
}

/** A client of the dead node that found its next home at `next`. */
export function orphaned(victim: string, next: string, client: number): StickyWitness {
  return {
    client,
    source: `127.0.${1 + client}.1`,
    before: victim,
    asked: stepOn(next, {
      status: 400,
      trouble: { kind: 'session-unknown', text: 'HTTP 400 Session ID unknown' },
    }),
    socket: { node: victim, open: false, after: null },
    next: sessionOn(next, client),
  };
}
