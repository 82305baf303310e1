/** Whether an annotation should have had an event in the window. */
import { runMetrics } from '../../server/metric-contract.ts';
import type { Cause } from './cause.ts';
import type { PanelVerdict, Setting } from './judge-panel.ts';
import { promqlSelectors } from './promql-selectors.ts';

/** A fault must leave a band where there was one, a run its phases; others may be silent. */
export function judgeAnnotation(
  expr: string,
  events: number,
  { hadFault, present }: Setting,
): { readonly verdict: PanelVerdict; readonly cause: Cause | null } {
  if (events > 0) return { verdict: 'ok', cause: null };
  const metrics = promqlSelectors(expr).map(({ metric }) => metric);
  const isDue =
    (metrics.includes(runMetrics.faultActive.name) && hadFault) ||
    (metrics.includes(runMetrics.phase.name) && present.run);
  return isDue
    ? { verdict: 'empty', cause: { kind: 'no-events' } }
    : { verdict: 'healthy', cause: null };
}
