/** Whether a selector of a rule that has no series makes the rule a dead one. */
import { metricFamilies } from '../../server/metric-contract.ts';
import type { MetricFamily } from '../../server/metric-contract.ts';
import type { Cause } from './cause.ts';
import { jobOf } from './evidence.ts';
import type { PanelNeed } from './panel-expectation.ts';
import type { PanelVerdict, Setting } from './judge-panel.ts';
import type { Matcher, Selector } from './promql-selectors.ts';

const needOfJob: Readonly<Record<string, PanelNeed>> = {
  redis: 'redis',
  nginx: 'nginx',
  'rtops-run': 'run',
  alertmanager: 'alertmanager',
};

/**
 * `skipped` where the topology lacks what the rule watches; `healthy` where our own contract says
 * that the series comes only with the trouble; else `empty`: the rule can never fire.
 */
export function judgeRuleSelector(
  { metric, matchers }: Selector,
  cause: Cause,
  { present }: Setting,
): { readonly verdict: PanelVerdict; readonly cause: Cause | null } {
  const job =
    (metric === null ? undefined : jobOf(metric)) ??
    matchers.find(({ label, op }) => label === 'job' && op === '=')?.value;
  const need = job === undefined ? undefined : needOfJob[job];
  if (need !== undefined && !present[need]) {
    return { verdict: 'skipped', cause: { kind: 'missing', need } };
  }
  if (metric?.startsWith('rtops_lb_') === true && !present.nginx) {
    return { verdict: 'skipped', cause: { kind: 'missing', need: 'nginx' } };
  }
  const bare = metric?.replace(/_(bucket|sum|count)$/, '');
  const family = metricFamilies.find(({ name }) => name === metric || name === bare);
  const lacks = (['redis', 'log'] as const).find(
    (part) => family?.needs?.includes(part) === true && !present[part],
  );
  if (lacks !== undefined) return { verdict: 'skipped', cause: { kind: 'missing', need: lacks } };
  if (cause.kind === 'no-target' || cause.kind === 'target-down') {
    return { verdict: 'empty', cause };
  }
  if (metric === 'ALERTS' || metric === 'ALERTS_FOR_STATE') {
    return { verdict: 'healthy', cause: null };
  }
  const promised =
    cause.kind === 'label-mismatch'
      ? family !== undefined && isPromised(family, matchers, cause.wanted)
      : family?.emptyWhen !== undefined;
  return promised ? { verdict: 'healthy', cause: null } : { verdict: 'empty', cause };
}

/** Whether the contract lists the value: its series is made when it first happens. */
function isPromised(
  { labels }: MetricFamily,
  matchers: readonly Matcher[],
  wanted: string,
): boolean {
  const missed = matchers.find(({ label, op, value }) => `${label}${op}"${value}"` === wanted);
  const law = missed === undefined ? undefined : labels[missed.label];
  return missed !== undefined && law !== undefined && 'values' in law
    ? missed.op !== '=' || law.values.includes(missed.value)
    : false;
}
