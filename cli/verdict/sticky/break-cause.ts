/** Why a session broke, from what was seen of it. */
import { nodeOfStep } from '../../samples/sticky-session.ts';
import type { StickySession, StickyStep, StickyStepName } from '../../samples/sticky-session.ts';

export type BreakCause =
  /** Follow-ups went to nodes that did not make the session, and nothing was there to hold them. */
  | 'no-stickiness'
  /** A cookie was set and did not come back. */
  | 'cookie-dropped'
  /** The proxy tried the session's node, failed, and asked another without a word. */
  | 'silent-retry'
  /** The session's node is gone, or the proxy has no node for it. */
  | 'dead-slot'
  /** The upgrade arrived as a plain request. */
  | 'upgrade-headers'
  /** The node that made the session no longer knows it. */
  | 'session-lost'
  /** Header, application and proxy name different nodes for one answer. */
  | 'identity-disagrees'
  /** The server let the client not in. */
  | 'refused'
  | 'connection';

export type Break = {
  readonly client: number;
  readonly source: string | null;
  readonly step: StickyStepName;
  readonly cause: BreakCause;
  /** The node that made the session; `null` when nobody told. */
  readonly home: string | null;
  /** Who answered the step that failed. */
  readonly answered: string | null;
  readonly text: string;
};

/** The first break of a session; `null` when it held. `dead` are nodes known to be down. */
export function breakOf(session: StickySession, dead: ReadonlySet<string>): Break | null {
  const [first] = session.steps;
  const home = first === undefined ? null : nodeOfStep(first);
  for (const step of session.steps) {
    const found = breakAt(session, step, home, dead);
    if (found === null) continue;
    return {
      client: session.client,
      source: session.source,
      step: step.step,
      home,
      answered: nodeOfStep(step),
      ...found,
    };
  }
  return null;
}

function breakAt(
  session: StickySession,
  step: StickyStep,
  home: string | null,
  dead: ReadonlySet<string>,
): Pick<Break, 'cause' | 'text'> | null {
  const { trouble } = step;
  const names = new Set([step.header, step.app, step.upstreams.at(-1)].filter(isKnownNode));
  if (trouble === null) {
    const node = nodeOfStep(step);
    if (names.size > 1) {
      return { cause: 'identity-disagrees', text: `named as ${[...names].join(' and ')}` };
    }
    if (home === null || node === null || node === home) return null;
    return { cause: foreignCause(session, step, home, dead), text: `answered by ${node}` };
  }
  const { text } = trouble;
  switch (trouble.kind) {
    case 'session-unknown': {
      const node = nodeOfStep(step);
      if (node !== null && node === home) return { cause: 'session-lost', text };
      return { cause: foreignCause(session, step, home, dead), text };
    }
    case 'not-an-upgrade':
      return { cause: 'upgrade-headers', text };
    case 'gateway':
      return { cause: 'dead-slot', text };
    case 'refused':
      return { cause: 'refused', text };
    case 'http-status':
    case 'closed':
    case 'timeout':
    case 'protocol':
      return { cause: 'connection', text };
    default:
      return trouble.kind satisfies never;
  }
}

/** Another node than the session's got the request. */
function foreignCause(
  { cookies }: StickySession,
  { upstreams }: StickyStep,
  home: string | null,
  dead: ReadonlySet<string>,
): BreakCause {
  if (home !== null && dead.has(home)) return 'dead-slot';
  if (upstreams.length > 1) return 'silent-retry';
  if (cookies.names.length > 0 && !cookies.sentBack) return 'cookie-dropped';
  return 'no-stickiness';
}

/** An upstream that is told as an address is not a node's name: it cannot agree or disagree. */
function isKnownNode(name: string | null | undefined): name is string {
  return name !== null && name !== undefined && !/:\d+$/.test(name);
}
