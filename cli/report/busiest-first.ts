/** The order of services where only some can be shown. */
import { isObserverKind } from '../samples/observers.ts';

/** For `toSorted`: the busiest first, those that only watch after all that are watched. */
export function busiestFirst<T extends { readonly kind: string }>(
  cpuPct: (service: T) => number,
): (a: T, b: T) => number {
  const watches = ({ kind }: T) => Number(isObserverKind(kind));
  return (a, b) => watches(a) - watches(b) || cpuPct(b) - cpuPct(a);
}
