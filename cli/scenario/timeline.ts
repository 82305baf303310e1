/**
 * Who is there when: the stages as a line of target users over time, and each user's sessions on it.
 * The line runs straight from one stage's target to the next, as k6's ramping-vus does; user i is
 * there while the line is above i, so user 0 is the first to come and the last to go.
 */
import { salt, seededUnit } from './pacer-seed.ts';
import type { Scenario, Stage } from './scenario.ts';

/** A part of a run, in ms since its start. */
export type Span = { readonly fromMs: number; readonly toMs: number };

/** From arrival to departure. */
export type Session = Span;

/** How long a user that churns stays away. */
export const churnAwayMs = 2000;

/** Length of all stages together. */
export function stagesMs(stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => sum + stage.durationMs, 0);
}

/** When each stage ends, in ms since run start, and at how many users. */
export function stageEnds(
  stages: readonly Stage[],
): readonly { readonly untilMs: number; readonly target: number }[] {
  let untilMs = 0;
  return stages.map(({ durationMs, target }) => {
    untilMs += durationMs;
    return { untilMs, target };
  });
}

/** The most users the stages ask for. */
export function plannedUsers(stages: readonly Stage[]): number {
  return stages.reduce((most, stage) => Math.max(most, stage.target), 0);
}

/** The stage running at `tMs`; after the end, the last one. */
export function stageAt(stages: readonly Stage[], tMs: number): number {
  let untilMs = 0;
  for (const [index, stage] of stages.entries()) {
    untilMs += stage.durationMs;
    if (tMs < untilMs) return index;
  }
  return stages.length - 1;
}

/** Users that should be there at `tMs`, rounded up. */
export function targetAt(stages: readonly Stage[], tMs: number): number {
  let startMs = 0;
  let from = 0;
  for (const { durationMs, target } of stages) {
    if (tMs < startMs + durationMs) {
      return Math.ceil(from + ((target - from) * (tMs - startMs)) / durationMs);
    }
    startMs += durationMs;
    from = target;
  }
  return from;
}

/**
 * Whether a generator that is late in this stage is held to be so: in the stages that hold their users,
 * where nobody is just being connected; in every stage of a scenario that holds nobody.
 */
export function judgesLateness(stages: readonly Stage[], index: number): boolean {
  const holds = stages.some((_, i) => holdsUsers(stages, i));
  return !holds || isHold(stages, index);
}

/** Whether the stage keeps the number of users it found. */
export function isHold(stages: readonly Stage[], index: number): boolean {
  const before = index === 0 ? 0 : (stages[index - 1]?.target ?? 0);
  return stages[index]?.target === before;
}

/** Whether it is a hold, and somebody is there. */
export function holdsUsers(stages: readonly Stage[], index: number): boolean {
  return isHold(stages, index) && (stages[index]?.target ?? 0) > 0;
}

/** The longest of the stages that are wanted, the first of equals; `undefined`: none is wanted. */
export function longestStage(
  stages: readonly Stage[],
  isWanted: (stages: readonly Stage[], index: number) => boolean = () => true,
): Span | undefined {
  let longest: Span | undefined;
  let fromMs = 0;
  for (const [index, { durationMs }] of stages.entries()) {
    const toMs = fromMs + durationMs;
    const best = longest === undefined ? 0 : longest.toMs - longest.fromMs;
    if (durationMs > best && isWanted(stages, index)) longest = { fromMs, toMs };
    fromMs = toMs;
  }
  return longest;
}

/** When user `index` is there, in order; empty for a user the stages never reach. */
export function sessionsOf(scenario: Scenario, index: number): readonly Session[] {
  const sessions = staged(scenario.stages, index);
  if (scenario.churnPerMin <= 0) return sessions;
  return sessions.flatMap((session) => churned(scenario, index, session));
}

function staged(stages: readonly Stage[], index: number): Session[] {
  const sessions: Session[] = [];
  let startMs = 0;
  let from = 0;
  let cameMs: number | undefined;
  for (const { durationMs, target } of stages) {
    if (from <= index && target > index) {
      cameMs = startMs + (durationMs * (index - from)) / (target - from);
    } else if (cameMs !== undefined && target <= index) {
      const toMs = startMs + (durationMs * (from - index)) / (from - target);
      if (toMs > cameMs) sessions.push({ fromMs: cameMs, toMs });
      cameMs = undefined;
    }
    startMs += durationMs;
    from = target;
  }
  if (cameMs !== undefined && startMs > cameMs) sessions.push({ fromMs: cameMs, toMs: startMs });
  return sessions;
}

/** Cuts a session where the user leaves and comes back: in each minute with the share's chance. */
function churned(scenario: Scenario, index: number, session: Session): Session[] {
  const parts: Session[] = [];
  let fromMs = session.fromMs;
  const lastMinute = Math.floor(session.toMs / 60_000);
  for (let minute = Math.floor(session.fromMs / 60_000); minute <= lastMinute; minute += 1) {
    if (seededUnit(scenario.seed, salt.churn, index, minute) >= scenario.churnPerMin) continue;
    const atMs = (minute + seededUnit(scenario.seed, salt.churnAt, index, minute)) * 60_000;
    // A visit shorter than a second, or a return after the end, would say nothing.
    if (atMs < fromMs + 1000 || atMs + churnAwayMs + 1000 > session.toMs) continue;
    parts.push({ fromMs, toMs: atMs });
    fromMs = atMs + churnAwayMs;
  }
  parts.push({ fromMs, toMs: session.toMs });
  return parts;
}
