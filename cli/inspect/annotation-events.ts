/** Bands out of an annotation's series, as Grafana makes them. */
import type { Annotation } from './dashboard.ts';
import { fillLabels } from './series.ts';
import type { Series } from './series.ts';

export type AnnotationEvent = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly title: string;
  readonly text: string;
};

/** Each stretch of samples above zero, no further apart than the step, is one event. */
export function annotationEvents(
  annotation: Annotation,
  series: readonly Series[],
  stepMs: number,
): readonly AnnotationEvent[] {
  return series
    .flatMap(({ labels, points }) => {
      const title = fillLabels(annotation.titleFormat, labels) || annotation.name;
      const text = fillLabels(annotation.textFormat, labels);
      const events: AnnotationEvent[] = [];
      for (const [at, value] of points) {
        if (!(value > 0)) continue;
        const last = events.at(-1);
        if (last !== undefined && at - last.toMs <= stepMs)
          events[events.length - 1] = { ...last, toMs: at };
        else events.push({ fromMs: at, toMs: at, title, text });
      }
      return events;
    })
    .toSorted((a, b) => a.fromMs - b.fromMs);
}
