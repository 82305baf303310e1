/** What a reload, a node that came back and an edit of the pool did to open sessions. */
import { nodeOfStep } from '../../samples/sticky-session.ts';
import type { StickyChange, StickyLoss, StickyPass } from '../../samples/sticky-session.ts';
import { hasMoved } from './judge-loss.ts';
import { skewOf } from './skew.ts';
import type { StickyChangeResult, StickyVerdict } from './sticky-result.ts';

export function judgeChanges(
  { changes, loss }: StickyPass,
  nodes: readonly string[],
): readonly StickyChangeResult[] {
  return changes.map((change) => judgeChange(change, loss, nodes));
}

function judgeChange(
  { kind, node, witnesses, fresh }: StickyChange,
  loss: StickyLoss | null,
  nodes: readonly string[],
): StickyChangeResult {
  const orphans = new Set(
    kind === 'return'
      ? loss?.witnesses.filter(({ before }) => before === node).map(({ client }) => client)
      : [],
  );
  const settled = witnesses.filter(({ client }) => !orphans.has(client));
  const newHomes = witnesses.filter(({ client }) => orphans.has(client));
  // Those of a node that was killed are gone for good, and were counted then.
  const sockets = witnesses.flatMap(({ socket }) =>
    socket === null || socket.node === node ? [] : [socket],
  );
  const open = new Map<string, number>();
  for (const socket of sockets) {
    if (socket.open) open.set(socket.node, (open.get(socket.node) ?? 0) + 1);
  }
  const comers = new Map<string, number>();
  for (const { steps } of fresh) {
    const [first] = steps;
    const home = first === undefined ? null : nodeOfStep(first);
    if (home !== null) comers.set(home, (comers.get(home) ?? 0) + 1);
  }
  const standing = sockets.filter((socket) => socket.open).length;
  return {
    kind,
    node,
    sessions: settled.length,
    moved: settled.filter(hasMoved).length,
    orphans: newHomes.length,
    orphansMovedAgain: newHomes.filter(hasMoved).length,
    sockets: sockets.length,
    socketsMoved: sockets.filter(
      (socket) => !socket.open || (socket.after !== null && socket.after !== socket.node),
    ).length,
    openSockets: skewOf(nodes, open, standing),
    newcomers: fresh.length === 0 ? null : skewOf(nodes, comers, fresh.length),
    halvedAfter:
      kind === 'return' && node !== null
        ? halvedAfter(standing, nodes.length, open.get(node) ?? 0, share(comers, node))
        : null,
  };
}

function share(comers: ReadonlyMap<string, number>, node: string): number {
  const all = [...comers.values()].reduce((sum, count) => sum + count, 0);
  return all === 0 ? 0 : (comers.get(node) ?? 0) / all;
}

/**
 * New connections until a node that came back lacks half as many as it does now, if `toIt` of them
 * go on going to it and nobody leaves: each takes toIt − 1/N off the gap between it and the mean.
 */
function halvedAfter(open: number, nodes: number, onIt: number, toIt: number): number | null {
  const gap = open / nodes - onIt;
  const gain = toIt - 1 / nodes;
  return gap <= 0 || gain <= 0 ? null : Math.ceil(gap / 2 / gain);
}

/**
 * `null` when every session stayed that had to.
 * @param byAddress the proxy hashes the client's address (`ip_hash`, `hash`): the clients of a dead
 * node flip back when it returns.
 * @param byPlace it counts along its `server` lines (`ip_hash`): one line less moves half of them.
 */
export function changeProblem(
  changes: readonly StickyChangeResult[],
  { byAddress, byPlace }: { readonly byAddress: boolean; readonly byPlace: boolean },
): { readonly verdict: StickyVerdict; readonly why: string } | null {
  for (const change of changes) {
    const { kind, sessions, moved, socketsMoved, orphans, orphansMovedAgain } = change;
    const what = changeWords(change);
    if (moved > 0 && !(kind === 'deleted' && byPlace)) {
      return { verdict: 'fail', why: `${what}, and ${moved} of ${sessions} open sessions moved` };
    }
    if (socketsMoved > 0) {
      return { verdict: 'fail', why: `${what}, and ${socketsMoved} WebSockets did not stay` };
    }
    if (orphansMovedAgain > 0 && !byAddress) {
      const why = `${what}, and ${orphansMovedAgain} of the ${orphans} clients it once had moved a second time`;
      return { verdict: 'fail', why };
    }
  }
  return null;
}

/** `nginx was reloaded`, `ws-2 came back`, … */
export function changeWords({ kind, node }: Pick<StickyChangeResult, 'kind' | 'node'>): string {
  switch (kind) {
    case 'reload':
      return 'nginx was reloaded';
    case 'return':
      return `${node ?? ''} came back`;
    case 'down':
      return `${node ?? ''} was marked down`;
    case 'deleted':
      return `the line of ${node ?? ''} was deleted`;
    default:
      return kind satisfies never;
  }
}
