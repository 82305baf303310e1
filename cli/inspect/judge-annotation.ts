/** Whether an annotation should have had an event in the window. */
import { runMetrics } from '../../server/metric-contract.ts';
import type { Cause } from './cause.ts';
import type { PanelVerdict, Setting } from './judge-panel.ts';
import { promqlSelectors } from './promql-selectors.ts';

export type AnnotationJudgement = {
  readonly verdict: PanelVerdict;
  readonly cause: Cause | null;
  /** How long what it marks was there. */
  readonly lastedMs: number;
};

/** A fault must leave a band where there was one, a run its phases; others may be silent. */
export function judgeAnnotation(
  expr: string,
  events: number,
  { hadFault, present, trafficMs, longestFaultMs }: Setting,
): AnnotationJudgement {
  if (events > 0) return { verdict: 'ok', cause: null, lastedMs: trafficMs };
  const metrics = promqlSelectors(expr).map(({ metric }) => metric);
  const isFaultDue = metrics.includes(runMetrics.faultActive.name) && hadFault;
  const lastedMs = isFaultDue ? Math.min(trafficMs, longestFaultMs) : trafficMs;
  return isFaultDue || (metrics.includes(runMetrics.phase.name) && present.run)
    ? { verdict: 'empty', cause: { kind: 'no-events' }, lastedMs }
    : { verdict: 'healthy', cause: null, lastedMs };
}
