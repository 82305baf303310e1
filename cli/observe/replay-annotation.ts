/** One annotation replayed: its events as bands, and whether there should have been some. */
import { annotationEvents } from '../inspect/annotation-events.ts';
import type { Annotation, Dashboard } from '../inspect/dashboard.ts';
import type { CheckRow, DrawnBand } from '../inspect/inspection.ts';
import type { Scope } from '../inspect/interpolate.ts';
import { judgeAnnotation } from '../inspect/judge-annotation.ts';
import { steppedOver } from '../inspect/stepped-over.ts';
import { annotationQuery } from '../inspect/panel-query.ts';
import { answerQuery } from './asker.ts';
import type { ReplayRequest } from './asker.ts';
import type { Witness } from './gather-evidence.ts';

export async function replayAnnotation(
  dashboard: Dashboard,
  annotation: Annotation,
  scope: Scope,
  { window, sources, asker, setting }: ReplayRequest,
  witness: Witness,
): Promise<{ readonly row: CheckRow; readonly bands: readonly DrawnBand[] }> {
  const query = annotationQuery(annotation, scope, window, sources);
  const given = await answerQuery(query, asker);
  const series = given.kind === 'series' ? given.series : [];
  const events = annotationEvents(annotation, series, query.stepMs);
  const judgement =
    given.kind === 'error'
      ? {
          verdict: given.cause.kind === 'other-source' ? ('skipped' as const) : ('error' as const),
          cause: given.cause,
          lastedMs: setting.trafficMs,
        }
      : judgeAnnotation(query.expr, events.length, setting);
  const why =
    judgement.verdict === 'empty' && series.length === 0
      ? await witness.whyEmpty(query.expr)
      : judgement.cause;
  const hidden = steppedOver(why, query.stepMs, judgement.lastedMs);
  return {
    row: {
      dashboard: dashboard.title,
      kind: 'annotation',
      name: annotation.name,
      count: events.length,
      verdict: hidden === null ? judgement.verdict : 'unseen',
      cause: hidden ?? why,
      refId: null,
      under: null,
    },
    bands: annotation.enabled ? events.map((event) => ({ ...event, color: annotation.color })) : [],
  };
}
