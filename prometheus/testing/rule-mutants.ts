/** A rule with one of its parts taken away: its cases must notice each. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

import type { AlertRule } from '../alert-rule.ts';

export type RuleMutant = {
  /** What was taken away, in one line. */
  readonly without: string;
  readonly rule: AlertRule;
};

/**
 * Without its waiting time; without each condition (the right of an `and` or `unless`) and each side
 * of an `or`.
 */
export function mutantsOf(rule: AlertRule): readonly RuleMutant[] {
  const { expr, forSec } = rule;
  const mutants: RuleMutant[] =
    forSec === 0 ? [] : [named(`for: ${forSec}s`, { ...rule, forSec: 0 })];
  const keepOnly = (whole: Span, part: Span, without: Span): void => {
    const changed =
      expr.slice(0, whole.from) + expr.slice(part.from, part.to) + expr.slice(whole.to);
    mutants.push(named(expr.slice(without.from, without.to), { ...rule, expr: changed }));
  };
  parser.parse(expr).iterate({
    enter: ({ name, node }) => {
      const { firstChild: left, lastChild } = node;
      if (left === null || lastChild === null) return;
      const whole = withOffset(node);
      const right = { from: lastChild.from, to: Math.max(lastChild.to, whole.to) };
      if (name === 'BinaryExpr' && (node.getChild('And') ?? node.getChild('Unless')) !== null) {
        keepOnly(whole, left, right);
      } else if (name === 'BinaryExpr' && node.getChild('Or') !== null) {
        keepOnly(whole, left, right);
        keepOnly(whole, right, left);
      }
    },
  });
  return mutants;
}

type Span = { readonly from: number; readonly to: number };

/** This parser hangs an `offset` on all before it; Prometheus on the last selector alone. */
function withOffset({ from, to, parent }: SyntaxNode): Span {
  return parent?.name === 'OffsetExpr' ? { from, to: parent.to } : { from, to };
}

function named(without: string, rule: AlertRule): RuleMutant {
  return { without: without.replaceAll(/\s+/g, ' '), rule };
}
