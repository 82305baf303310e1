/** One panel of a dashboard as data: what it asks, what it shows, and what it should show. */
import type { ExpectationKind, PanelNeed } from '../cli/inspect/panel-expectation.ts';

/** Grafana's ids of the units we use. */
export type Unit =
  | 's'
  | 'dtdurations'
  | 'bytes'
  | 'Bps'
  | 'percentunit'
  | 'short'
  | 'none'
  | 'cps'
  | 'reqps'
  | 'cores'
  | 'bool';

/** A query and the name of each of its series, with `{{label}}` for a label's value. */
export type PanelQuery = {
  readonly expr: string;
  readonly legend: string;
  /** Zero while all is well, on a panel that is `nonzero`. */
  readonly mayBeZero?: true;
};

/** A target of the project: red at or above, or red below. Shown only where one exists. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** The words of a state-timeline by value. */
export type States = Readonly<
  Record<string, { readonly text: string; readonly color: 'green' | 'red' | 'orange' | 'blue' }>
>;

export type View =
  | { readonly kind: 'lines' }
  | { readonly kind: 'stacked' }
  | { readonly kind: 'bars' }
  /** The latest figure, or the highest of the time. */
  | { readonly kind: 'stat'; readonly figure?: 'latest' | 'highest' }
  | { readonly kind: 'bar-gauge' }
  | { readonly kind: 'heatmap' }
  | { readonly kind: 'table' }
  | { readonly kind: 'timeline'; readonly states: States }
  | { readonly kind: 'logs' };

/** A panel with queries. */
export type PanelSpec = {
  readonly title: string;
  /** What it answers, in a sentence or two. */
  readonly description: string;
  readonly view: View;
  readonly unit: Unit;
  readonly queries: readonly PanelQuery[];
  readonly expect: ExpectationKind;
  readonly needs?: readonly PanelNeed[];
  /** Shown in place of data: why there may be none. */
  readonly whyEmpty: string;
  readonly target?: Target;
  /** The upper end of the axis, where one is natural: 1 for shares. */
  readonly max?: number;
  /** Of 24 columns. */
  readonly width: number;
  readonly height?: number;
  /** One copy of the panel for each chosen value of this variable. */
  readonly repeat?: 'topology';
};

/** Words for people; no queries, no expectation. */
export type TextSpec = {
  readonly title: string;
  readonly description: string;
  readonly view: { readonly kind: 'text'; readonly markdown: string };
  readonly width: number;
  readonly height?: number;
};

export type RowSpec = {
  readonly title: string;
  /** Grafana asks nothing for a row that is folded. */
  readonly collapsed?: boolean;
  readonly panels: readonly (PanelSpec | TextSpec)[];
};

/** What most panels are: lines that should not be zero, three of them side by side. */
export const plainLines = { view: { kind: 'lines' }, expect: 'nonzero', width: 8 } as const;

/** What panels of a row may have in common. */
type Usual = Pick<PanelSpec, 'view' | 'expect' | 'needs' | 'whyEmpty' | 'width'>;

/** Panels that are alike: each says what is its own, and in place of `usual` where it differs. */
export function alike(
  usual: Usual,
  panels: readonly (Omit<PanelSpec, keyof Usual> & Partial<Usual>)[],
): readonly PanelSpec[] {
  return panels.map((panel) => ({ ...usual, ...panel }));
}
