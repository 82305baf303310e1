/** What was done to one pool of servers alone, from which isolation can be learnt. */
import type { FaultWindow } from './fault-window.ts';
import type { Span } from './window-latency.ts';

/** A flood, else the faults of one pool. */
export type PoolDeed = {
  readonly cause: string;
  /** The pool that must not notice. */
  readonly other: 'chat' | 'http';
  readonly windows: readonly Span[];
  /** What else was there meanwhile: its time is left out. */
  readonly beside: readonly FaultWindow[];
};

/**
 * A flood stands for itself; without one, the faults of the API pool are one deed and those of the
 * chat's the other, on servers and on their edges. Faults of nginx and Redis are everybody's. What
 * came all at once with a fault of somebody else can show nothing of either, and is no deed.
 *
 * @param kind what the flood was of.
 */
export function deedsToPools(
  windows: readonly FaultWindow[],
  flood: { readonly text: string; readonly window: Span } | null,
  kind: 'http' | 'chat' | undefined,
): readonly PoolDeed[] {
  if (flood !== null) {
    const other = kind === 'chat' ? 'http' : 'chat';
    return [{ cause: flood.text, other, windows: [flood.window], beside: windows }];
  }
  return (['api', 'ws'] as const).flatMap((pool): PoolDeed[] => {
    const own = windows.filter(
      ({ node, effective, onlyUsersShow }) =>
        effective && onlyUsersShow !== true && isOf(pool, node),
    );
    const beside = windows.filter((window) => !own.includes(window));
    const alone = own.some(
      ({ atMs, untilMs }) => !beside.some((one) => one.atMs <= atMs && one.untilMs >= untilMs),
    );
    if (!alone) return [];
    return [
      {
        cause: own.map((one) => `${one.kind}@${one.node}`).join(', '),
        other: pool === 'api' ? 'chat' : 'http',
        windows: own.map(spanOf),
        beside,
      },
    ];
  });
}

/** When it was there. */
export function spanOf({ atMs, untilMs }: FaultWindow): Span {
  return { fromMs: atMs, toMs: untilMs };
}

/** A server of the pool, or an edge of one: `api-1`, `nginx-api-1`, `api-1-redis`. */
function isOf(pool: 'api' | 'ws', node: string): boolean {
  return new RegExp(`(?:^|-)${pool}-\\d+(?:-|$)`).test(node);
}
