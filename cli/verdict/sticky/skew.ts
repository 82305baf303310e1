/** How evenly something is spread over nodes. */
import { evenSpreadP } from './chi-square.ts';

export type Skew = {
  /** Per node, in the order of the nodes; a node that got nothing is 0. */
  readonly perNode: readonly { readonly node: string; readonly amount: number }[];
  /** Standard deviation over mean; 0 is even. √((N − 1)/n) is what chance alone gives n throws. */
  readonly cv: number;
  readonly maxOverMean: number;
  /** Jain's fairness index (Σx)² / (N Σx²): 1 is even, 1/N is all on one. */
  readonly jain: number;
  /** Chi-square p of an even spread of `clients` independent choices. */
  readonly p: number;
};

/**
 * @param clients how many independent choices the amounts come from. Ten messages of one session
 * are one choice: the amounts are scaled to it for the test.
 */
export function skewOf(
  nodes: readonly string[],
  amountOf: ReadonlyMap<string, number>,
  clients: number,
): Skew {
  const perNode = nodes.map((node) => ({ node, amount: amountOf.get(node) ?? 0 }));
  const amounts = perNode.map(({ amount }) => amount);
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  if (total <= 0 || amounts.length === 0) return { perNode, cv: 0, maxOverMean: 0, jain: 1, p: 1 };
  const mean = total / amounts.length;
  const squares = amounts.reduce((sum, amount) => sum + amount ** 2, 0);
  return {
    perNode,
    cv: Math.sqrt(Math.max(0, squares / amounts.length - mean ** 2)) / mean,
    maxOverMean: Math.max(...amounts) / mean,
    jain: total ** 2 / (amounts.length * squares),
    p: evenSpreadP(amounts.map((amount) => (amount * clients) / total)),
  };
}

/** Too uneven for chance (p < 0.001), and by enough to matter (the fullest 25 % over the mean). */
export function isSkewed({ p, maxOverMean }: Skew): boolean {
  return p < 0.001 && maxOverMean > 1.25;
}
