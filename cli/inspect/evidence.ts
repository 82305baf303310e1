/** What is asked of Prometheus to name a cause, and what follows from it. */
import { nearestName } from '../failure.ts';
import { metricFamilies } from '../../server/metric-contract.ts';
import type { Cause } from './cause.ts';
import { promqlSelectors } from './promql-selectors.ts';
import type { Matcher, Selector } from './promql-selectors.ts';
import type { Labels } from './series.ts';

/** A scrape target over the window, from `up`. */
export type TargetState = {
  readonly job: string;
  readonly instance: string;
  readonly labels: Labels;
  /** Whether any scrape of the window succeeded. */
  readonly everUp: boolean;
  /** Whether there was any scrape in the window, with whatever end. */
  readonly wasAsked: boolean;
  readonly lastError: string;
};

export type Evidence = {
  readonly targets: readonly TargetState[];
  /** Every metric name Prometheus holds, at any time. */
  readonly allNames: ReadonlySet<string>;
  /** Label sets of a metric over the window; asked beforehand for each metric of the expression. */
  readonly seriesOf: ReadonlyMap<string, readonly Labels[]>;
  /** The most samples a selector's range held anywhere in the window, by {@link rangeKey}. */
  readonly rangeSamples: ReadonlyMap<string, number>;
};

export function rangeKey({ text, range }: Selector): string {
  return `${text}[${range ?? ''}]`;
}

/** Why an expression returned no series. The first selector that has none is to blame. */
export function whyEmpty(expr: string, evidence: Evidence): Cause {
  const selectors = promqlSelectors(expr);
  for (const selector of selectors) {
    const cause = whySelectorEmpty(selector, evidence);
    if (cause !== undefined) return cause;
  }
  for (const selector of selectors) {
    if (selector.range === null) continue;
    const samples = evidence.rangeSamples.get(rangeKey(selector));
    if (samples !== undefined && samples < 2) {
      return { kind: 'too-few-samples', selector: selector.text, range: selector.range, samples };
    }
  }
  return { kind: 'nothing-joins', expr };
}

/** `undefined` when the selector has series in the window. */
export function whySelectorEmpty(selector: Selector, evidence: Evidence): Cause | undefined {
  const { metric, matchers } = selector;
  if (metric === null) return undefined;
  const all = evidence.seriesOf.get(metric) ?? [];
  if (all.some((labels) => matchers.every((matcher) => matches(matcher, labels)))) return undefined;
  const target = whyNotScraped(selector, metric, evidence, all.length > 0);
  if (target !== undefined) return target;
  if (all.length > 0) return mismatch(metric, matchers, all);
  if (evidence.allNames.has(metric)) return { kind: 'outside-window', metric };
  const names = [...evidence.allNames];
  return { kind: 'never-created', metric, near: nearestName(metric, names) ?? null };
}

/** The job that exposes a metric, as far as its name tells; `undefined` for a stranger's. */
export function jobOf(metric: string): string | undefined {
  const bare = metric.replace(/_(bucket|sum|count)$/, '');
  const family = metricFamilies.find(({ name }) => name === metric || name === bare);
  if (family !== undefined) return family.job;
  return /^(redis|nginx|prometheus|alertmanager)_/.exec(metric)?.[1];
}

/** @param isThere the metric has series, with whatever labels: then somebody is scraped for it */
function whyNotScraped(
  { matchers }: Selector,
  metric: string,
  { targets }: Evidence,
  isThere: boolean,
): Cause | undefined {
  const named = matchers.find(({ label, op }) => label === 'job' && op === '=')?.value;
  const job = named ?? jobOf(metric);
  if (job === undefined) return undefined;
  const ofJob = targets.filter((target) => target.job === job);
  if (ofJob.length === 0) {
    // A job that others have under another name is a mismatch, not a missing target.
    return !isThere && (named === undefined || jobOf(metric) === named)
      ? { kind: 'no-target', job, metric }
      : undefined;
  }
  // Of the targets the selector means, those by its own labels of the target.
  const meant = ofJob.filter((target) =>
    matchers.every(
      (matcher) => target.labels[matcher.label] === undefined || matches(matcher, target.labels),
    ),
  );
  const [first] = meant;
  if (first === undefined || meant.some((target) => target.everUp)) return undefined;
  return { kind: 'target-down', job, instance: first.instance, lastError: first.lastError };
}

/**
 * The matcher that no series meets, with the values of those that meet the others; where each is met
 * by some, the first that fails beside those before it.
 */
function mismatch(
  metric: string,
  matchers: readonly Matcher[],
  all: readonly Labels[],
): Cause | undefined {
  const isMet = (matcher: Matcher): boolean => all.some((labels) => matches(matcher, labels));
  const inOrder = [...matchers.filter(isMet), ...matchers.filter((one) => !isMet(one))];
  let left = all;
  for (const matcher of inOrder) {
    const next = left.filter((labels) => matches(matcher, labels));
    if (next.length === 0) {
      const values = left.flatMap((labels) => labels[matcher.label] ?? []);
      return {
        kind: 'label-mismatch',
        metric,
        wanted: `${matcher.label}${matcher.op}"${matcher.value}"`,
        values: [...new Set(values)].toSorted((a, b) => (a < b ? -1 : 1)),
      };
    }
    left = next;
  }
  return undefined;
}

/** Prometheus' matching: anchored patterns, a label that is not there is empty. */
export function matches({ label, op, value }: Matcher, labels: Labels): boolean {
  const own = labels[label] ?? '';
  switch (op) {
    case '=':
      return own === value;
    case '!=':
      return own !== value;
    case '=~':
      return anchored(value)?.test(own) ?? true;
    case '!~':
      return !(anchored(value)?.test(own) ?? false);
  }
}

/** `undefined` for what only Go's regular expressions read. */
function anchored(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, 's');
  } catch {
    return undefined;
  }
}
