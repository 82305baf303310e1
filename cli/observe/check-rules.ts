/** Every rule Prometheus has loaded: whether what its expression selects exists. */
import { judgeRuleSelector } from '../inspect/judge-rule.ts';
import type { CheckRow } from '../inspect/inspection.ts';
import type { Setting } from '../inspect/judge-panel.ts';
import { promqlSelectors } from '../inspect/promql-selectors.ts';
import { mapBounded } from './bounded.ts';
import type { Witness } from './gather-evidence.ts';
import type { PrometheusClient, Rule } from './prometheus-client.ts';

export async function checkRules(
  prometheus: PrometheusClient,
  witness: Witness,
  setting: Setting,
): Promise<readonly CheckRow[]> {
  const rules = await prometheus.rules();
  return mapBounded(rules, 2, (rule) => checkRule(rule, witness, setting));
}

async function checkRule(rule: Rule, witness: Witness, setting: Setting): Promise<CheckRow> {
  const count = promqlSelectors(rule.query).length;
  const row = {
    dashboard: rule.group,
    kind: 'rule',
    name: rule.name,
    refId: null,
    under: null,
  } as const;
  if (rule.health === 'err') {
    const cause = { kind: 'rule-unhealthy', text: rule.lastError } as const;
    return { ...row, count, verdict: 'error', cause };
  }
  const missing = await witness.missingSelectors(rule.query);
  const judged = missing.map((one) => judgeRuleSelector(one.selector, one.cause, setting));
  const worst =
    judged.find((one) => one.verdict === 'empty') ??
    judged.find((one) => one.verdict === 'skipped') ??
    judged.find((one) => one.verdict === 'healthy');
  return {
    ...row,
    count: count - missing.length,
    verdict: worst?.verdict ?? 'ok',
    cause: worst?.cause ?? null,
  };
}
