/** What a query asks for, read from its syntax tree. */
import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';

/** One selector: a metric, its matchers, and what is done with it. */
export type Selector = {
  readonly metric: string;
  /** Label → its value as written, of `=` and `=~` matchers; all labels that are named. */
  readonly matchers: ReadonlyMap<string, string>;
  /** Labels that aggregations around it keep. */
  readonly kept: readonly string[];
  /** The function over its range, such as `rate`; `undefined` for an instant selector. */
  readonly over: string | undefined;
};

export type QueryFacts = {
  /** Texts that are no PromQL. */
  readonly errors: readonly string[];
  readonly selectors: readonly Selector[];
};

/** Grafana's variables have to be replaced before: `[$__rate_interval]` is no PromQL. */
export function readPromql(expr: string): QueryFacts {
  const errors: string[] = [];
  const selectors: Selector[] = [];
  parser.parse(expr).iterate({
    enter: ({ type, node, from, to }) => {
      if (type.isError)
        errors.push(expr.slice(from, Math.max(to, from + 12)) || 'end of the query');
      if (type.name === 'VectorSelector') selectors.push(readSelector(node, expr));
    },
  });
  return { errors, selectors };
}

/** What `$topology` could be. */
export const oneTopology = 'scaled';

/** The values that a variable could have, in a form that the real parsers read. */
export function withoutVariables(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '8s')
    .replaceAll('$__range', '15m')
    .replaceAll('$quantile', '0.95')
    .replaceAll('$topology', oneTopology)
    .replaceAll('$instance', 'ws-1|ws-2');
}

function readSelector(node: SyntaxNode, expr: string): Selector {
  const text = (part: SyntaxNode | null): string =>
    part === null ? '' : expr.slice(part.from, part.to);
  const matchers = new Map<string, string>();
  for (const matcher of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []) {
    const value = text(matcher.getChild('StringLiteral')).slice(1, -1);
    matchers.set(text(matcher.getChild('LabelName')), value);
  }
  const kept: string[] = [];
  let over: string | undefined;
  for (let around = node.parent; around !== null; around = around.parent) {
    const modifier = around.getChild('AggregateModifier');
    for (const label of modifier?.getChild('GroupingLabels')?.getChildren('LabelName') ?? []) {
      kept.push(text(label));
    }
    if (around.name === 'FunctionCall' && node.parent?.name === 'MatrixSelector') {
      over ??= text(around.getChild('FunctionIdentifier'));
    }
  }
  return { metric: text(node.getChild('Identifier')), matchers, kept, over };
}
