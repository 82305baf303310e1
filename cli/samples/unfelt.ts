/** Whether a fault bit: a run whose fault was not there, or hit nobody it had to hit, proves nothing. */
import type { FaultWindow } from './fault-window.ts';

/** Kinds that a client on the node cannot but notice. Others may pass unnoticed, and often should. */
const cuttingKinds: ReadonlySet<string> = new Set(['kill', 'term', 'reset', 'cut', 'blackhole']);
/** Kinds that a client on the node notices, if only by waiting. */
const stallingKinds: ReadonlySet<string> = new Set(['pause', 'block']);
/** A pause shorter than this need not keep anybody waiting for a second. */
const stallShowsMs = 2500;

/** Why the fault did not bite, as a sentence's end; `null` when it did. */
export function unfeltReason(
  { effective, evidence, kind, clientsOnNode, atMs, untilMs, onlyUsersShow }: FaultWindow,
  felt: { readonly affected: number; readonly stalled: number; readonly httpFailed: number },
): string | null {
  if (!effective) return evidence === '' ? 'it had no effect' : `it had no effect: ${evidence}`;
  const noticed = felt.affected + felt.stalled + felt.httpFailed > 0;
  if (onlyUsersShow === true && !noticed) return `it met nobody: ${evidence}`;
  const mustShow =
    cuttingKinds.has(kind) || (stallingKinds.has(kind) && untilMs - atMs >= stallShowsMs);
  if (!mustShow || clientsOnNode === null || clientsOnNode === 0) return null;
  if (noticed) return null;
  return `${clientsOnNode} clients were on it, and none of them noticed`;
}
