/** A panel's queries as Grafana would send them over a window: variables put in, step worked out. */
import type { Annotation, DataSource, DataSourceRef, Panel, Target } from './dashboard.ts';
import { durationText, parseDuration } from './duration.ts';
import { interpolate, literally } from './interpolate.ts';
import type { Scope } from './interpolate.ts';

/** ms since 1970. */
export type Window = { readonly fromMs: number; readonly toMs: number };

export type PanelQuery = {
  readonly refId: string;
  /** Ready for Prometheus. */
  readonly expr: string;
  /** The dashboard's variables put in, `$__interval` and its kin left to Grafana. */
  readonly exprForGrafana: string;
  readonly maxDataPoints: number;
  readonly instant: boolean;
  readonly format: Target['format'];
  readonly legendFormat: string;
  readonly stepMs: number;
  /** Aligned to the step, as Grafana sends it. */
  readonly window: Window;
  readonly datasource: ResolvedSource;
  /** Names that no variable of the dashboard has. */
  readonly unknownVariables: readonly string[];
};

export type ResolvedSource =
  | { readonly kind: 'found'; readonly source: DataSource }
  /** A uid that is not provisioned, or no source of that type at all (uid empty). */
  | { readonly kind: 'unknown'; readonly uid: string; readonly type: string };

/** Pixels of the 24 columns on a usual screen: Grafana asks for one point a pixel. */
const gridWidthPx = 1600;
/** Prometheus refuses more points a series. */
const maxPoints = 11_000;

/** The shortest step that Prometheus answers over a window; Grafana goes below it nowhere. */
export function leastStepMs({ fromMs, toMs }: Window): number {
  return Math.ceil((toMs - fromMs) / maxPoints);
}

/** Every query of a panel. */
export function panelQueries(
  panel: Panel,
  scope: Scope,
  window: Window,
  sources: readonly DataSource[],
): readonly PanelQuery[] {
  return panel.targets.map((target) => {
    const datasource = resolveSource(target.datasource ?? panel.datasource, scope, sources);
    const scrapeMs =
      datasource.kind === 'found' ? datasource.source.scrapeIntervalSec * 1000 : 15_000;
    const ownMs = spanMs(target.interval, scope);
    const leastMs = ownMs ?? spanMs(panel.interval, scope) ?? scrapeMs;
    const points =
      panel.maxDataPoints ?? Math.max(10, Math.floor((panel.gridPos.w / 24) * gridWidthPx));
    const stepMs = Math.max(
      leastMs,
      roundInterval((window.toMs - window.fromMs) / points),
      leastStepMs(window),
    );
    const times = { ...scope, ...timeScope(window, stepMs, ownMs ?? scrapeMs) };
    const { text, unknown } = interpolate(target.expr, times);
    return {
      refId: target.refId,
      expr: text,
      exprForGrafana: interpolate(target.expr, scope).text,
      maxDataPoints: points,
      instant: target.instant,
      format: target.format,
      legendFormat: interpolate(target.legendFormat, times, 'text').text,
      stepMs,
      window: target.instant ? window : aligned(window, stepMs),
      datasource,
      unknownVariables: unknown,
    };
  });
}

/** An annotation's query; its step is its own. */
export function annotationQuery(
  annotation: Annotation,
  scope: Scope,
  window: Window,
  sources: readonly DataSource[],
): PanelQuery {
  const datasource = resolveSource(annotation.datasource, scope, sources);
  const writtenMs = parseDuration(interpolate(annotation.step, scope).text) ?? 60_000;
  const stepMs = Math.max(writtenMs, leastStepMs(window));
  const times = { ...scope, ...timeScope(window, stepMs, stepMs) };
  const { text, unknown } = interpolate(annotation.expr, times);
  return {
    refId: 'annotation',
    expr: text,
    exprForGrafana: interpolate(annotation.expr, scope).text,
    maxDataPoints: gridWidthPx,
    instant: false,
    format: 'time_series',
    legendFormat: '',
    stepMs,
    window: aligned(window, stepMs),
    datasource,
    unknownVariables: unknown,
  };
}

/** The source a reference means; `null` and a plain type mean the default one. */
export function resolveSource(
  ref: DataSourceRef | null,
  scope: Scope,
  sources: readonly DataSource[],
): ResolvedSource {
  const uid =
    ref?.uid === null || ref?.uid === undefined ? '' : interpolate(ref.uid, scope, 'raw').text;
  const type = ref?.type ?? '';
  const found =
    uid === '' || uid === 'default'
      ? (sources.find((one) => one.isDefault && (type === '' || one.type === type)) ??
        sources.find((one) => one.type === (type || 'prometheus')))
      : sources.find((one) => one.uid === uid || one.name === uid);
  return found === undefined ? { kind: 'unknown', uid, type } : { kind: 'found', source: found };
}

/**
 * `$__interval`, `$__rate_interval`, `$__range` and their kin, by Grafana's rules.
 * @param scrapeMs the query's least step where it has one, else the data source's scrape interval; a
 *   panel's least step is in `stepMs` only
 */
function timeScope(window: Window, stepMs: number, scrapeMs: number): Scope {
  const rateMs = Math.max(stepMs + scrapeMs, 4 * scrapeMs);
  const rangeSec = Math.max(1, Math.round((window.toMs - window.fromMs) / 1000));
  return {
    __interval: literally(durationText(stepMs)),
    __interval_ms: literally(String(stepMs)),
    __rate_interval: literally(durationText(rateMs)),
    __rate_interval_ms: literally(String(rateMs)),
    __range: literally(`${rangeSec}s`),
    __range_s: literally(String(rangeSec)),
    __range_ms: literally(String(rangeSec * 1000)),
    __from: literally(String(window.fromMs)),
    __to: literally(String(window.toMs)),
  };
}

function spanMs(text: string | null, scope: Scope): number | undefined {
  return text === null ? undefined : parseDuration(interpolate(text, scope).text);
}

function aligned({ fromMs, toMs }: Window, stepMs: number): Window {
  return {
    fromMs: Math.floor(fromMs / stepMs) * stepMs,
    toMs: Math.floor(toMs / stepMs) * stepMs,
  };
}

/** Upper bound → the round step that Grafana takes below it, in ms. */
const roundSteps: readonly (readonly [number, number])[] = [
  [10, 1],
  [15, 10],
  [35, 20],
  [75, 50],
  [150, 100],
  [350, 200],
  [750, 500],
  [1500, 1000],
  [3500, 2000],
  [7500, 5000],
  [12_500, 10_000],
  [17_500, 15_000],
  [25_000, 20_000],
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
];

function roundInterval(ms: number): number {
  return roundSteps.find(([below]) => ms < below)?.[1] ?? 7_200_000;
}
