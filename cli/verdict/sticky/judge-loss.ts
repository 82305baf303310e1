/** What the loss of a node did: survivors must not move, orphans move once. */
import { nodeOfStep } from '../../samples/sticky-session.ts';
import type { StickyLoss, StickyWitness } from '../../samples/sticky-session.ts';
import { breakOf } from './break-cause.ts';
import { skewOf } from './skew.ts';
import type { StickyLossResult, StickyVerdict } from './sticky-result.ts';

/** @param affine a survivor's next session, too, must go to the node of its last one. */
export function judgeLoss(
  { victim, witnesses }: StickyLoss,
  nodes: readonly string[],
  affine: boolean,
): StickyLossResult {
  const orphans = witnesses.filter(({ before }) => before === victim);
  const survivors = witnesses.filter(({ before }) => before !== victim);
  const isBack = ({ next }: StickyWitness): boolean =>
    next !== null && breakOf(next, new Set()) === null && nodeOfNext(next) !== victim;
  const movedTo = new Map<string, number>();
  for (const { next } of orphans) {
    const node = nodeOfNext(next);
    if (node !== null) movedTo.set(node, (movedTo.get(node) ?? 0) + 1);
  }
  return {
    victim,
    survivors: survivors.length,
    survivorsMoved: survivors.filter((one) => hasMoved(one) || (affine && hasLeft(one))).length,
    socketsMoved: witnesses.filter(
      ({ socket }) =>
        socket !== null &&
        socket.node !== victim &&
        (!socket.open || (socket.after !== null && socket.after !== socket.node)),
    ).length,
    orphans: orphans.length,
    orphansBack: orphans.filter(isBack).length,
    movedTo: skewOf(
      nodes.filter((node) => node !== victim),
      movedTo,
      orphans.length,
    ),
  };
}

/** `null` when survivors stayed and orphans came back. */
export function lossProblem(
  loss: StickyLossResult,
): { readonly verdict: StickyVerdict; readonly why: string } | null {
  const { victim, survivors, survivorsMoved, socketsMoved, orphans, orphansBack } = loss;
  if (survivorsMoved > 0) {
    const why = `${victim} was killed, and ${survivorsMoved} of ${survivors} clients of other nodes moved`;
    return { verdict: 'fail', why };
  }
  if (socketsMoved > 0) {
    const why = `${victim} was killed, and ${socketsMoved} WebSockets of other nodes did not stay`;
    return { verdict: 'fail', why };
  }
  if (orphansBack < orphans) {
    const why = `${victim} was killed, and ${orphans - orphansBack} of its ${orphans} clients found no lasting home`;
    return { verdict: 'fail', why };
  }
  if (orphans === 0)
    return { verdict: 'no-data', why: `${victim} was killed, but nobody was on it` };
  return null;
}

/** The session that was open broke, or another node answered it. */
export function hasMoved({ asked, before }: StickyWitness): boolean {
  if (asked === null || asked.trouble !== null) return true;
  const node = nodeOfStep(asked);
  return node !== null && node !== before;
}

function hasLeft({ next, before }: StickyWitness): boolean {
  const node = nodeOfNext(next);
  return node !== null && node !== before;
}

function nodeOfNext(next: StickyWitness['next']): string | null {
  const [first] = next?.steps ?? [];
  return first === undefined ? null : nodeOfStep(first);
}
