/** A flood as a scenario of its own, run beside the chat during the middle third of its hold. */
import type { Flood } from './fault.ts';
import type { Scenario } from './scenario.ts';
import { holdsUsers, longestStage, plannedUsers, type Span } from './timeline.ts';

/** Sends a second of one flooding user; more users, not faster ones, make a larger flood. */
const perUserPerSec = 20;
const longestRampMs = 500;

/**
 * The longest hold with users in it, in which the chat inside and outside of a window can be
 * compared; with no hold, the longest stage.
 */
export function steadySpan({ stages }: Pick<Scenario, 'stages'>): Span {
  return longestStage(stages, holdsUsers) ?? longestStage(stages) ?? { fromMs: 0, toMs: 0 };
}

/** The middle third of the steady span. */
export function floodWindow(scenario: Pick<Scenario, 'stages'>): Span {
  const { fromMs, toMs } = steadySpan(scenario);
  const third = (toMs - fromMs) / 3;
  return { fromMs: Math.round(fromMs + third), toMs: Math.round(toMs - third) };
}

/** What the flooding users do. HTTP: requests and one idle user; chat: users of their own rooms. */
export function floodScenario(scenario: Scenario, flood: Flood): Scenario {
  const { fromMs, toMs } = floodWindow(scenario);
  const base: Scenario = {
    ...scenario,
    name: `flood-${flood.kind}`,
    description: '',
    pollingShare: 0,
    fidelityUsers: 0,
    churnPerMin: 0,
    drainMs: 1000,
    thresholds: [],
    faults: [],
    flood: null,
  };
  // Long enough for a way up and a hold.
  const floodMs = Math.max(2, toMs - fromMs);
  switch (flood.kind) {
    case 'http':
      return {
        ...base,
        stages: [{ durationMs: floodMs, target: 1 }],
        rate: { kind: 'total', perSec: 0.1 },
        roomSize: 1,
        // What is flooded is the pool behind the proxy, not the machine's ports.
        http: { ...scenario.http, perSec: flood.perSec, freshShare: 0 },
      };
    case 'chat': {
      const most = plannedUsers(scenario.stages);
      const users = Math.max(2, Math.min(most, Math.ceil(flood.perSec / perUserPerSec)));
      const rampMs = Math.min(longestRampMs, Math.floor(floodMs / 2));
      return {
        ...base,
        stages: [
          { durationMs: rampMs, target: users },
          { durationMs: floodMs - rampMs, target: users },
        ],
        rate: { kind: 'total', perSec: flood.perSec },
        http: { ...scenario.http, perSec: 0 },
      };
    }
  }
}
