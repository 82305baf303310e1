/** The order of services where only some can be shown. */
import { isObserverKind } from '../samples/observers.ts';

/** For `toSorted`: the busiest first, those that only watch after all that are watched. */
export function busiestFirst<T extends { readonly kind: string }>(
  cpuPct: (service: T) => number,
): (a: T, b: T) => number {
  return (a, b) => observersLast(a, b) || cpuPct(b) - cpuPct(a);
}

/** For `toSorted`: those that only watch after all that are watched. */
export function observersLast(a: { readonly kind: string }, b: { readonly kind: string }): number {
  return Number(isObserverKind(a.kind)) - Number(isObserverKind(b.kind));
}
