/** A flood as a scenario of its own, run beside the chat during the middle third of its hold. */
import type { Flood } from './fault.ts';
import type { Scenario } from './scenario.ts';
import { isHold, plannedUsers } from './timeline.ts';

/** ms since run start. */
export type FloodWindow = { readonly fromMs: number; readonly toMs: number };

/** Sends a second of one flooding user; more users, not faster ones, make a larger flood. */
const perUserPerSec = 20;
const rampMs = 500;

/**
 * The longest hold with users in it, in which the chat inside and outside of a window can be
 * compared; with no hold, the longest stage.
 */
export function steadySpan({ stages }: Pick<Scenario, 'stages'>): FloodWindow {
  let best = { fromMs: 0, toMs: 0 };
  let bestHolds = false;
  let startMs = 0;
  for (const [i, stage] of stages.entries()) {
    const holds = stage.target > 0 && isHold(stages, i);
    const longer = stage.durationMs > best.toMs - best.fromMs;
    if ((holds && !bestHolds) || (holds === bestHolds && longer)) {
      best = { fromMs: startMs, toMs: startMs + stage.durationMs };
      bestHolds = holds;
    }
    startMs += stage.durationMs;
  }
  return best;
}

/** The middle third of the steady span. */
export function floodWindow(scenario: Pick<Scenario, 'stages'>): FloodWindow {
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
  const floodMs = toMs - fromMs;
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
      return {
        ...base,
        stages: [
          { durationMs: Math.min(rampMs, floodMs / 2), target: users },
          { durationMs: Math.max(1, floodMs - rampMs), target: users },
        ],
        rate: { kind: 'total', perSec: flood.perSec },
        http: { ...scenario.http, perSec: 0 },
      };
    }
  }
}
