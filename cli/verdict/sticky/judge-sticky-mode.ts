/** One mode's pass → figures and verdict. */
import { nodeOfStep } from '../../samples/sticky-session.ts';
import type { StickyPass, StickySession } from '../../samples/sticky-session.ts';
import { breakOf } from './break-cause.ts';
import type { Break } from './break-cause.ts';
import { fewestSessions, isEnoughAstray, isStray } from './control.ts';
import { ipHashNode } from './ip-hash.ts';
import { changeProblem, judgeChanges } from './judge-changes.ts';
import { judgeLoss, lossProblem } from './judge-loss.ts';
import { isSkewed, skewOf } from './skew.ts';
import { stickyFindings } from './sticky-findings.ts';
import type { StickyModeResult, StickyVerdict } from './sticky-result.ts';

export type ModeContext = {
  readonly mode: string;
  readonly role: StickyModeResult['role'];
  /** WS nodes in the order of nginx's `server` lines; `null` when only what is seen is known. */
  readonly nodes: readonly string[] | null;
  /** nginx places new clients evenly by itself (least_conn): an uneven spread is a fault. */
  readonly even: boolean;
  /** A client's next session goes to the node of its last one. */
  readonly affine: boolean;
  /** Nodes can be predicted: `ip_hash`, all weights 1. */
  readonly predictable: boolean;
  /** The client's address decides: `ip_hash`, `hash`. */
  readonly byAddress: boolean;
};

const breaksShown = 10;
const missesShown = 10;
const nobody: ReadonlySet<string> = new Set();

export function judgeStickyMode(pass: StickyPass, context: ModeContext): StickyModeResult {
  const nodes = context.nodes ?? nodesSeen(pass.sessions);
  const breaks = pass.sessions.flatMap((session) => breakOf(session, nobody) ?? []);
  const spread = spreadOf(pass.sessions, nodes);
  const oracle = context.predictable ? consultOracle(pass, nodes) : null;
  const withoutCookies =
    pass.withoutCookies === null
      ? null
      : {
          sessions: pass.withoutCookies.length,
          broken: pass.withoutCookies.filter((session) => breakOf(session, nobody) !== null).length,
          astray: pass.withoutCookies.filter((session) => {
            const cause = breakOf(session, nobody)?.cause;
            return cause !== undefined && isStray(cause);
          }).length,
        };
  const loss = pass.loss === null ? null : judgeLoss(pass.loss, nodes, context.affine);
  const changes = judgeChanges(pass, nodes);
  const result = {
    mode: context.mode,
    role: context.role,
    nodes,
    sessions: pass.sessions.length,
    broken: breaks.length,
    causes: tallyCauses(breaks),
    breaks: breaks.slice(0, breaksShown),
    skew: spread,
    sources: sourcesOf(pass.sessions),
    oracle,
    withoutCookies,
    loss,
    changes,
  };
  return {
    ...result,
    ...verdictOf(result, context),
    findings: stickyFindings(pass, result, context),
  };
}

/** Fail beats no-data beats pass. A control's own verdict is that of any other mode. */
function verdictOf(
  result: Omit<StickyModeResult, 'verdict' | 'why' | 'findings'>,
  context: ModeContext,
): { readonly verdict: StickyVerdict; readonly why: string } {
  const { sessions, broken, causes, oracle, withoutCookies, loss, skew, nodes } = result;
  const said = (verdict: StickyVerdict, why: string) => ({ verdict, why });
  if (sessions === 0) return said('no-data', 'no session was tried');
  if (broken > 0) {
    const isAnswered = skew.handshakes.perNode.some(({ amount }) => amount > 0);
    const [most] = causes;
    const why = `${broken} of ${sessions} sessions broke, most at ${most?.step ?? '?'}: ${most?.cause ?? '?'}`;
    const isOurs = causes.every(({ cause }) => cause === 'refused' || cause === 'connection');
    // Nobody got in, or nobody answered: that says nothing about stickiness.
    if (broken === sessions && isOurs && !isAnswered) return said('no-data', why);
    return said('fail', why);
  }
  if (oracle !== null && oracle.right < oracle.predicted) {
    const wrong = oracle.predicted - oracle.right;
    return said(
      'fail',
      `${wrong} of ${oracle.predicted} clients landed elsewhere than ip_hash says`,
    );
  }
  const lost = loss === null ? null : lossProblem(loss);
  if (lost?.verdict === 'fail') return lost;
  const changed = changeProblem(result.changes, {
    byAddress: context.byAddress,
    byPlace: context.predictable,
  });
  if (changed !== null) return changed;
  if (context.even && isSkewed(skew.handshakes)) {
    const share = skew.handshakes.maxOverMean.toFixed(2);
    return said('fail', `sessions hold, but the fullest node has ${share} times the mean`);
  }
  if (lost !== null) return lost;
  const unproven = whyUnproven(nodes, sessions, withoutCookies);
  if (unproven !== null) return said('no-data', unproven);
  return said('pass', `${sessions} of ${sessions} sessions stayed at the node that made them`);
}

/** Why sessions that held prove nothing. */
function whyUnproven(
  nodes: readonly string[],
  sessions: number,
  withoutCookies: StickyModeResult['withoutCookies'],
): string | null {
  if (nodes.length === 0) {
    return 'no session broke, but no answer says which node it came from: nothing shows that there are several';
  }
  if (nodes.length === 1) {
    return `no session broke, but ${nodes[0] ?? 'one node'} answered everything: with one node nothing can break`;
  }
  const needed = fewestSessions(nodes.length);
  if (sessions < needed) {
    return `no session broke, but ${sessions} of them may all have found home by chance: over ${nodes.length} nodes it takes ${needed}`;
  }
  if (withoutCookies !== null) {
    const { astray, broken, sessions: without } = withoutCookies;
    if (broken === 0)
      return 'sessions without cookies held as well: it is not the cookie that sticks';
    if (!isEnoughAstray(astray, without, nodes.length)) {
      return `of ${without} sessions without cookies only ${astray} broke because another node got the request: that it is the cookie that sticks is not shown`;
    }
  }
  return null;
}

function nodesSeen(sessions: readonly StickySession[]): readonly string[] {
  const seen = sessions.flatMap(({ steps }) => steps.flatMap((step) => nodeOfStep(step) ?? []));
  return [...new Set(seen)].toSorted();
}

function spreadOf(
  sessions: readonly StickySession[],
  nodes: readonly string[],
): StickyModeResult['skew'] {
  const handshakes = new Map<string, number>();
  const sockets = new Map<string, number>();
  const messages = new Map<string, number>();
  const add = (to: Map<string, number>, node: string | null, amount: number): void => {
    if (node !== null) to.set(node, (to.get(node) ?? 0) + amount);
  };
  for (const { steps, socket } of sessions) {
    for (const step of steps) {
      if (step.trouble !== null) continue;
      if (step.step === 'handshake') add(handshakes, nodeOfStep(step), 1);
      else if (step.step === 'event') add(messages, nodeOfStep(step), 1);
      else if (step.step === 'echo') add(messages, step.app ?? socket?.node ?? null, 1);
    }
    if (socket !== null) add(sockets, socket.node, socket.openMs);
  }
  const upgraded = sessions.filter(({ socket }) => socket !== null).length;
  return {
    handshakes: skewOf(nodes, handshakes, sessions.length),
    sockets: skewOf(nodes, sockets, upgraded),
    messages: skewOf(nodes, messages, sessions.length),
  };
}

function consultOracle(pass: StickyPass, nodes: readonly string[]): StickyModeResult['oracle'] {
  const dead = new Set(pass.loss === null ? [] : [pass.loss.victim]);
  const landed = [
    ...pass.sessions.map((session) => ({ session, gone: nobody })),
    ...(pass.loss?.witnesses ?? []).flatMap(({ next }) =>
      next === null ? [] : [{ session: next, gone: dead }],
    ),
  ];
  const answers = landed.flatMap(({ session, gone }) => {
    const [first] = session.steps;
    const real = first === undefined ? null : nodeOfStep(first);
    if (session.source === null || real === null) return [];
    const predicted = ipHashNode(session.source, nodes, gone);
    return predicted === null ? [] : [{ source: session.source, predicted, real }];
  });
  const misses = answers.filter(({ predicted, real }) => predicted !== real);
  return {
    predicted: answers.length,
    right: answers.length - misses.length,
    misses: misses.slice(0, missesShown),
  };
}

function sourcesOf(sessions: readonly StickySession[]): StickyModeResult['sources'] {
  const sources = sessions.flatMap(({ source }) => source ?? []);
  const networks = new Map<string, number>();
  for (const source of sources) {
    const network = source.split('.').slice(0, 3).join('.');
    networks.set(network, (networks.get(network) ?? 0) + 1);
  }
  return {
    addresses: new Set(sources).size,
    networks: networks.size,
    largestNetworkShare: sources.length === 0 ? 0 : Math.max(...networks.values()) / sources.length,
  };
}

function tallyCauses(breaks: readonly Break[]): StickyModeResult['causes'] {
  const counts = new Map<string, { cause: Break['cause']; step: Break['step']; count: number }>();
  for (const { cause, step } of breaks) {
    const key = `${cause} ${step}`;
    const so = counts.get(key) ?? { cause, step, count: 0 };
    counts.set(key, { ...so, count: so.count + 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count);
}
