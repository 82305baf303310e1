/** When sessions that had to break prove that the test sees a break, and when too few held. */
import type { BreakCause } from './break-cause.ts';
import type { StickyModeResult } from './sticky-result.ts';

/**
 * A request without stickiness reaches another node with chance (N − 1)/N, and each session makes
 * several: at least that share of sessions should break. Half of it is asked for.
 */
const shareExpected = 0.5;
/** Sessions of a system without stickiness would all hold by chance no more often than this. */
const byChance = 0.001;

/** Causes that only a lack of stickiness has: another node got the request. */
const strayCauses: ReadonlySet<BreakCause> = new Set(['no-stickiness', 'cookie-dropped']);

export function isStray(cause: BreakCause): boolean {
  return strayCauses.has(cause);
}

/** Whether enough of the sessions that must stray did, of `sessions` over `nodes` nodes. */
export function isEnoughAstray(astray: number, sessions: number, nodes: number): boolean {
  return nodes > 1 && astray > 0 && astray >= shareExpected * sessions * (1 - 1 / nodes);
}

/** Whether a control broke for the reason it is there for. Other breaks prove nothing of stickiness. */
export function controlSees({ causes, sessions, nodes }: ControlFigures): boolean {
  return isEnoughAstray(astrayOf(causes), sessions, nodes.length);
}

type ControlFigures = Pick<StickyModeResult, 'causes' | 'sessions' | 'nodes'>;

/** How many broke because another node got the request. */
export function astrayOf(causes: StickyModeResult['causes']): number {
  return causes.reduce((sum, { cause, count }) => sum + (isStray(cause) ? count : 0), 0);
}

/** The fewest sessions from which "none broke" says something, for one follow-up each: N^−n < 0.001. */
export function fewestSessions(nodes: number): number {
  return nodes > 1 ? Math.ceil(Math.log(1 / byChance) / Math.log(nodes)) : 1;
}
