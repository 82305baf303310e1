/** Whether a panel that is empty could ever be anything else: what its selectors name must exist. */
import { metricFamilies } from '../../server/metric-contract.ts';
import type { MetricFamily } from '../../server/metric-contract.ts';
import type { Cause } from './cause.ts';
import { jobOf, matches } from './evidence.ts';
import type { TargetState } from './evidence.ts';
import type { Setting } from './judge-panel.ts';
import { judgeRuleSelector } from './judge-rule.ts';
import type { Matcher, Selector } from './promql-selectors.ts';

export type KnownToPrometheus = {
  readonly targets: readonly TargetState[];
  /** Metrics that a page declares, with or without series. */
  readonly declared: ReadonlySet<string>;
};

/**
 * Why a selector that has no series in the window never will have any; `null` where it may: our own
 * contract promises the series for worse times, with these labels, or a page declares a stranger's.
 */
export function judgePanelSelector(
  selector: Selector,
  cause: Cause,
  setting: Setting,
  known: KnownToPrometheus,
): Cause | null {
  const { metric, matchers } = selector;
  if (metric === null) return null;
  const bare = metric.replace(/_(bucket|sum|count)$/, '');
  const family = metricFamilies.find(({ name }) => name === metric || name === bare);
  const never = matchers.find((matcher) => !mayBeMet(matcher, metric, family, known));
  if (never !== undefined) {
    const wanted = `${never.label}${never.op}"${never.value}"`;
    return cause.kind === 'label-mismatch' && cause.wanted === wanted
      ? cause
      : { kind: 'label-mismatch', metric, wanted, values: [] };
  }
  if (family !== undefined || metric.startsWith('ALERTS')) {
    // Each of its labels may come; so may the series that has them all.
    if (cause.kind === 'label-mismatch') return null;
    const judged = judgeRuleSelector(selector, cause, setting);
    return judged.verdict === 'empty' ? cause : null;
  }
  if (cause.kind === 'label-mismatch') return cause.values.length === 0 ? cause : null;
  const isDeclared = known.declared.has(metric) || known.declared.has(bare);
  return cause.kind === 'never-created' && isDeclared ? null : cause;
}

/** Labels of ALERTS that are no target's: its own, and those of our rules. */
const ofAlerts = ['alertname', 'alertstate', 'severity', 'of', 'burn'];

/** Whether a label can have such a value, as far as the contract and the targets tell. */
function mayBeMet(
  matcher: Matcher,
  metric: string,
  family: MetricFamily | undefined,
  { targets }: KnownToPrometheus,
): boolean {
  const { label, op } = matcher;
  if (matches(matcher, {})) return true;
  const isAlerts = metric.startsWith('ALERTS');
  if (isAlerts && ofAlerts.includes(label)) return true;
  const job = jobOf(metric);
  const own = targets.filter((target) => job === undefined || target.job === job);
  if (own.some((target) => target.labels[label] !== undefined)) {
    return own.some((target) => matches(matcher, target.labels));
  }
  if (isAlerts) return metricFamilies.some(({ labels }) => labels[label] !== undefined);
  if (family === undefined) return true;
  const law = family.labels[label];
  if (law === undefined) return label === 'le' && family.kind === 'histogram';
  return !('values' in law) || op === '!='
    ? true
    : law.values.some((value) => matches(matcher, { [label]: value }));
}
