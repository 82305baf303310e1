/** Asks Prometheus what is needed to name a cause; each question once a replay. */
import { rangeKey, whyEmpty, whySelectorEmpty } from '../inspect/evidence.ts';
import type { Evidence, TargetState } from '../inspect/evidence.ts';
import type { Cause } from '../inspect/cause.ts';
import { durationText } from '../inspect/duration.ts';
import { leastStepMs } from '../inspect/panel-query.ts';
import type { Window } from '../inspect/panel-query.ts';
import { promqlSelectors } from '../inspect/promql-selectors.ts';
import type { Selector } from '../inspect/promql-selectors.ts';
import type { Labels } from '../inspect/series.ts';
import { unlessRefused } from './prometheus-client.ts';
import type { PrometheusClient } from './prometheus-client.ts';

export type Witness = {
  readonly targets: readonly TargetState[];
  /** Names that pages declare, with or without series; asked for once. */
  declared(): Promise<ReadonlySet<string>>;
  /** Why an expression that returned nothing did so. */
  whyEmpty(expr: string): Promise<Cause>;
  /** Of each selector that has no series in the window, why; the others are left out. */
  missingSelectors(
    expr: string,
  ): Promise<readonly { readonly selector: Selector; readonly cause: Cause }[]>;
};

/**
 * The targets of the window, and all names Prometheus knows, are asked for at once.
 * @throws Failure unhealthy (121) where Prometheus refuses to say: of what is not known nothing is said
 */
export async function openWitness(
  prometheus: PrometheusClient,
  window: Window,
  scrapeMs: number,
): Promise<Witness> {
  const stepMs = Math.max(scrapeMs, 1000, leastStepMs(window));
  const [targets, names] = await Promise.all([
    readTargets(prometheus, window, stepMs),
    prometheus.labelValues('__name__', null, null),
  ]);
  const allNames = new Set(unlessRefused(prometheus, names).values);
  const seriesOf = new Map<string, Promise<readonly Labels[]>>();
  const ask = (metric: string): Promise<readonly Labels[]> => {
    const known = seriesOf.get(metric) ?? prometheus.series(selectorOf(metric), window);
    seriesOf.set(metric, known);
    return known;
  };
  const about = async (selectors: readonly Selector[]): Promise<Evidence> => {
    const metrics = [...new Set(selectors.flatMap(({ metric }) => metric ?? []))];
    const found = await Promise.all(metrics.map(async (one) => [one, await ask(one)] as const));
    return { targets, allNames, seriesOf: new Map(found), rangeSamples: new Map() };
  };
  let declared: Promise<ReadonlySet<string>> | undefined;
  return {
    targets,
    declared: async () => {
      declared ??= prometheus.declaredMetrics().then((all) => new Set(all));
      return await declared;
    },
    whyEmpty: async (expr) => {
      const selectors = promqlSelectors(expr);
      const evidence = await about(selectors);
      const rangeSamples = await samplesOf(prometheus, selectors, window, stepMs);
      return whyEmpty(expr, { ...evidence, rangeSamples });
    },
    missingSelectors: async (expr) => {
      const selectors = promqlSelectors(expr);
      const evidence = await about(selectors);
      return selectors.flatMap((selector) => {
        const cause = whySelectorEmpty(selector, evidence);
        return cause === undefined ? [] : [{ selector, cause }];
      });
    },
  };
}

/** `up` tells which targets were scraped in the window; the targets page why one is down now. */
async function readTargets(
  prometheus: PrometheusClient,
  window: Window,
  stepMs: number,
): Promise<readonly TargetState[]> {
  // All samples of each step: at its end alone a target that came and went would not be seen.
  const ends = { fromMs: window.fromMs + stepMs, toMs: window.toMs + stepMs };
  const [up, active] = await Promise.all([
    prometheus.queryRange(`max_over_time(up[${durationText(stepMs)}])`, ends, stepMs),
    prometheus.targets(),
  ]);
  return unlessRefused(prometheus, up).series.map(({ labels, points }) => {
    const job = labels['job'] ?? '';
    const instance = labels['instance'] ?? '';
    const now = active.find(
      (target) => target.labels['job'] === job && target.labels['instance'] === instance,
    );
    return {
      job,
      instance,
      labels,
      everUp: points.some(([, value]) => value === 1),
      wasAsked: points.length > 0,
      lastError: now?.lastError ?? '',
    };
  });
}

/** The most samples each range selector held at any step of the window. */
async function samplesOf(
  prometheus: PrometheusClient,
  selectors: readonly Selector[],
  window: Window,
  stepMs: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const selector of selectors) {
    if (selector.range === null) continue;
    const counted = `max(count_over_time(${selector.text}[${selector.range}]))`;
    const answer = await prometheus.queryRange(counted, window, stepMs);
    if (answer.kind === 'refused') continue;
    const values = answer.series.flatMap((one) => one.points.map(([, value]) => value));
    counts.set(
      rangeKey(selector),
      values.reduce((a, b) => Math.max(a, b), 0),
    );
  }
  return counts;
}

function selectorOf(metric: string): string {
  return `{__name__=${JSON.stringify(metric)}}`;
}
