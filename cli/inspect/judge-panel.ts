/** The verdict on a panel from what its queries returned. The cause of an emptiness is found later. */
import type { Cause } from './cause.ts';
import type { Panel } from './dashboard.ts';
import type { PanelExpectation, PanelNeed } from './panel-expectation.ts';
import type { PanelQuery } from './panel-query.ts';
import type { NamedSeries } from './series.ts';

/**
 * `healthy`: empty or zero, which is what the panel shows while nothing is wrong. `skipped`: what
 * it needs is not here. `unseen`: what it should show may lie between two points of the window, so
 * that nobody knows. Everything after these fails the check.
 */
export type PanelVerdict =
  | 'ok'
  | 'healthy'
  | 'skipped'
  | 'unseen'
  | 'empty'
  | 'nan'
  | 'all-zero'
  | 'duplicate-legends'
  | 'too-many-series'
  | 'error';

export type QueryAnswer =
  | { readonly kind: 'series'; readonly query: PanelQuery; readonly series: readonly NamedSeries[] }
  | { readonly kind: 'error'; readonly query: PanelQuery; readonly cause: Cause };

/** What the system and the run had, as far as a panel may depend on it. */
export type Setting = {
  readonly present: Readonly<Record<PanelNeed, boolean>>;
  /** Whether there was a fault in the window. */
  readonly hadFault: boolean;
  /** How long the longest run was in the window: between two points of a wide one it lies unseen. */
  readonly trafficMs: number;
  /** How long the longest fault lasted: the same of it. */
  readonly longestFaultMs: number;
  /** Whether a fault threw users off in the window. */
  readonly faulted: boolean;
  /** Whether a fault ended a service that was back before the window's end. */
  readonly restarted: boolean;
  /** Whether a fault killed a server with users on it, so that nginx had to go round it. */
  readonly failedOver: boolean;
};

export type Judgement = {
  readonly verdict: PanelVerdict;
  /** Known already; `null` where the verdict needs none, or the evidence must be asked for. */
  readonly cause: Cause | null;
  /** The query the verdict is about. */
  readonly refId: string | null;
};

/** More lines than this cannot be told apart. */
const mostSeries = 50;

/** Panels that draw buckets or rows, which need no names and may be many. */
const unnamed = new Set(['heatmap', 'table', 'logs', 'histogram']);

export function failsCheck(verdict: PanelVerdict): boolean {
  switch (verdict) {
    case 'ok':
    case 'healthy':
    case 'skipped':
    case 'unseen':
      return false;
    default:
      return true;
  }
}

/** What a panel lacks, if it is to be skipped. */
export function missingNeed({ needs }: PanelExpectation, { present }: Setting): PanelNeed | null {
  return needs.find((need) => !present[need]) ?? null;
}

export function judgePanel(
  panel: Panel,
  answers: readonly QueryAnswer[],
  setting: Setting,
): Judgement {
  const need = missingNeed(panel.expectation, setting);
  if (need !== null) return { verdict: 'skipped', cause: { kind: 'missing', need }, refId: null };
  const failed = answers.find((answer) => answer.kind === 'error');
  if (failed?.kind === 'error') {
    return { verdict: 'error', cause: failed.cause, refId: failed.query.refId };
  }
  const read = answers.filter((answer) => answer.kind === 'series');
  return (
    judgeValues(panel.expectation, read, setting) ??
    judgeNames(panel, read) ?? { verdict: 'ok', cause: null, refId: null }
  );
}

type Read = Extract<QueryAnswer, { kind: 'series' }>;

function judgeValues(
  { kind, zero = [] }: PanelExpectation,
  answers: readonly Read[],
  setting: Setting,
): Judgement | undefined {
  if (mayBeEmpty(kind, setting) || isSteppedOver(kind, answers, setting)) {
    return answers.every(isZero) ? { verdict: 'healthy', cause: null, refId: null } : undefined;
  }
  for (const answer of answers) {
    const { refId } = answer.query;
    if (answer.series.every((one) => one.points.length === 0)) {
      return { verdict: 'empty', cause: null, refId };
    }
    if (figuresOf(answer).length === 0) {
      return { verdict: 'nan', cause: { kind: 'nothing-observed' }, refId };
    }
  }
  // One that is dead may return zeros beside one that lives.
  const dead =
    kind === 'data'
      ? undefined
      : answers.find((answer) => isZero(answer) && !zero.includes(answer.query.refId));
  return dead === undefined
    ? undefined
    : { verdict: 'all-zero', cause: { kind: 'only-zeros' }, refId: dead.query.refId };
}

function mayBeEmpty(
  kind: PanelExpectation['kind'],
  { faulted, restarted, failedOver }: Setting,
): boolean {
  switch (kind) {
    case 'data':
    case 'nonzero':
      return false;
    case 'empty-when-healthy':
      return true;
    case 'fault-only':
      return !faulted;
    case 'restart-only':
      return !restarted;
    case 'failover-only':
      return !failedOver;
    default:
      return kind satisfies never;
  }
}

/** Whether a point of each query could have missed the fault. */
function isSteppedOver(
  kind: PanelExpectation['kind'],
  answers: readonly Read[],
  { longestFaultMs }: Setting,
): boolean {
  return kind.endsWith('-only') && answers.every(({ query }) => query.stepMs > longestFaultMs);
}

function isZero(answer: Read): boolean {
  return figuresOf(answer).every((value) => value === 0);
}

function judgeNames(panel: Panel, answers: readonly Read[]): Judgement | undefined {
  if (unnamed.has(panel.type)) return undefined;
  const names = answers.flatMap((answer) => answer.series.map((one) => one.name));
  if (names.length >= mostSeries) {
    const cause: Cause = { kind: 'too-many-series', count: names.length, most: mostSeries - 1 };
    return { verdict: 'too-many-series', cause, refId: null };
  }
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length === 0) return undefined;
  const cause: Cause = { kind: 'duplicate-legends', names: twice };
  return { verdict: 'duplicate-legends', cause, refId: null };
}

/** Values that can be drawn. */
function figuresOf({ series }: Read): readonly number[] {
  return series.flatMap((one) =>
    one.points.flatMap(([, value]) => (Number.isNaN(value) ? [] : [value])),
  );
}
