/** What a person should know beside the verdict. */
import { nodeOfStep } from '../../samples/sticky-session.ts';
import type { StickyPass } from '../../samples/sticky-session.ts';
import type { ModeContext } from './judge-sticky-mode.ts';
import { changeWords } from './judge-changes.ts';
import { isSkewed } from './skew.ts';
import type { StickyChangeResult, StickyFinding, StickyModeResult } from './sticky-result.ts';

export function stickyFindings(
  { sessions }: StickyPass,
  result: Omit<StickyModeResult, 'verdict' | 'why' | 'findings'>,
  context: ModeContext,
): readonly StickyFinding[] {
  const { skew, sources, nodes } = result;
  const found: StickyFinding[] = [];
  const add = (kind: StickyFinding['kind'], text: string): void => {
    found.push({ kind, text });
  };
  if (nodes.length > 1 && isSkewed(skew.handshakes)) {
    const [fullest] = skew.handshakes.perNode.toSorted((a, b) => b.amount - a.amount);
    const where = `${fullest?.amount ?? 0} of ${sessions.length} sessions are on ${fullest?.node ?? '?'}`;
    add('hot-spot', `${where}${hashReason(context.mode, sources)}`);
  }
  if (sources.addresses === 0) {
    add(
      'one-source',
      'clients could not choose their address here: all came from one, as behind NAT',
    );
  }
  const retried = sessions.filter(({ steps }) =>
    steps.some(({ upstreams }) => upstreams.length > 1),
  ).length;
  if (retried > 0) {
    add('silent-retry', `in ${retried} sessions the proxy tried another node without a word`);
  }
  const flaws = [...new Set(sessions.flatMap(({ cookies }) => cookies.flaws))];
  if (flaws.length > 0) add('cookie-hygiene', flaws.join('; '));
  for (const change of result.changes) {
    for (const { kind, text } of changeFindings(change)) add(kind, text);
  }
  // What broke early had no time to be asked: only sessions that held can leave somebody out.
  const unknown = witnessesMissing(sessions.filter(({ socket }) => socket !== null));
  if (unknown !== null) add('identity', unknown);
  return found;
}

/** What a change did that no verdict is hung on. */
function changeFindings(change: StickyChangeResult): readonly StickyFinding[] {
  const { kind, node, moved, sessions, orphans, orphansMovedAgain, newcomers } = change;
  const found: StickyFinding[] = [];
  if (orphansMovedAgain > 0) {
    const text = `${changeWords(change)}: ${orphansMovedAgain} of the ${orphans} clients that had lost it flipped back and broke a second time, as an address hash does`;
    found.push({ kind: 'flips-back', text });
  }
  if (kind === 'deleted' && moved > 0) {
    const text = `${changeWords(change)}: ${moved} of ${sessions} sessions of other nodes moved, because ip_hash counts along the lines; mark a node down and never delete its line`;
    found.push({ kind: 'pool-edit', text });
  }
  if (kind === 'return' && newcomers !== null) {
    const open = change.openSockets.perNode;
    const onIt = open.find((one) => one.node === node)?.amount ?? 0;
    const all = open.reduce((sum, { amount }) => sum + amount, 0);
    const toIt = newcomers.perNode.find((one) => one.node === node)?.amount ?? 0;
    const comers = newcomers.perNode.reduce((sum, { amount }) => sum + amount, 0);
    const half =
      change.halvedAfter === null
        ? 'at this rate the gap does not close'
        : `the gap is halved after about ${change.halvedAfter} new connections`;
    const text = `${changeWords(change)}: WebSockets do not move back, it has ${onIt} of ${all}; ${toIt} of ${comers} new clients went to it, ${half}`;
    found.push({ kind: 'imbalance', text });
  }
  return found;
}

function hashReason(mode: string, sources: StickyModeResult['sources']): string {
  const share = Math.round(sources.largestNetworkShare * 100);
  switch (mode) {
    case 'ip_hash':
      return `: ip_hash reads three octets, and ${share}% of the clients share one /24`;
    case 'hash':
      return sources.addresses <= 1
        ? ': hash reads the address, and all clients share one'
        : ': few addresses fall on the ring unevenly';
    default:
      return '';
  }
}

/** Which of the three that can name a node never did. */
function witnessesMissing(sessions: StickyPass['sessions']): string | null {
  const steps = sessions.flatMap((session) => session.steps);
  const answered = steps.filter((step) => step.status !== null || step.step === 'echo');
  if (answered.length === 0) return null;
  const missing = [
    ...(steps.some(({ header }) => header !== null) ? [] : ['the x-node header']),
    ...(steps.some(({ app }) => app !== null) ? [] : ['the application (chat:whoami)']),
    ...(steps.some(({ upstreams }) => upstreams.length > 0) ? [] : ['the X-Upstream header']),
  ];
  if (missing.length === 0) return null;
  const known = steps.some((step) => nodeOfStep(step) !== null);
  return `not told by ${missing.join(', ')}: ${
    known ? 'the others are taken at their word' : 'nodes cannot be told apart'
  }`;
}
