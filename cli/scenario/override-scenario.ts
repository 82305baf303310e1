/** A scenario with the command line over it. */
import { Failure } from '../failure.ts';
import { defaultThresholds, everyThreshold } from './default-thresholds.ts';
import { defaultFidelityUsers } from './fidelity-users.ts';
import { checkNoOverlap } from './fault-overlap.ts';
import type { Fault, Flood } from './fault.ts';
import { checkFaultFits, faultTiming, parseFault } from './parse-fault.ts';
import type { MessageRate, Scenario, Stage } from './scenario.ts';
import { holdsUsers, plannedUsers } from './timeline.ts';

/** What `bench` may change. Absent fields leave the scenario as it is. */
export type ScenarioOverrides = {
  /** Peak users: every target is scaled by users / peak. */
  readonly users?: number;
  /** What the stages that hold (their target is the one before) shall total. */
  readonly durationMs?: number;
  readonly rate?: MessageRate;
  /** In place of the scenario's stages; `users` and `durationMs` then act on these. */
  readonly stages?: readonly [Stage, ...Stage[]];
  /** Added to those of the scenario. */
  readonly thresholds?: readonly string[];
  /** Leaves out the scenario's own thresholds, written or default. */
  readonly noDefaultThresholds?: boolean;
  /** The target is not run by rtops: default thresholds that need its processes are left out. */
  readonly foreignTarget?: boolean;
  /** The target promises no order of messages: neither do the default thresholds. */
  readonly unordered?: boolean;
  readonly seed?: number;
  /** Texts, in place of the scenario's own faults; what they leave out comes from the stages run. */
  readonly faults?: readonly string[];
  readonly flood?: Flood;
};

/**
 * The scenario that is run. Pure; the order is stages, users, duration, faults.
 *
 * @throws Failure `usage` for a fault that cannot be read, or does not fit in the stages.
 */
export function overrideScenario(scenario: Scenario, overrides: ScenarioOverrides): Scenario {
  let stages = overrides.stages ?? scenario.stages;
  if (overrides.users !== undefined) stages = scaledTo(stages, overrides.users);
  if (overrides.durationMs !== undefined) stages = heldFor(stages, overrides.durationMs);
  const sameUsers = plannedUsers(stages) === plannedUsers(scenario.stages);
  const changed: Scenario = {
    ...scenario,
    stages,
    rate: overrides.rate ?? scenario.rate,
    fidelityUsers: sameUsers
      ? scenario.fidelityUsers
      : defaultFidelityUsers(stages, scenario.fidelityUsers),
    seed: overrides.seed ?? scenario.seed,
    faults:
      overrides.faults === undefined
        ? ownFaults(scenario, stages)
        : faultsOf(overrides.faults, stages),
    flood: overrides.flood ?? scenario.flood,
  };
  return { ...changed, thresholds: thresholdsOf(scenario, changed, overrides) };
}

/** @throws Failure `usage` naming the scenario: nobody typed the fault that does not fit. */
function ownFaults({ name, faults }: Scenario, stages: Stages): readonly Fault[] {
  try {
    return faultsOf(
      faults.map(({ text }) => text),
      stages,
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `the faults of the scenario ${name} do not fit these stages`, {
      why: `${error.message}: ${error.why ?? ''}`,
      next: 'name faults of your own, which then take their place (--fault kill@ws-2: without at= it falls into the stages), or leave --stage and -d out',
    });
  }
}

function faultsOf(texts: readonly string[], stages: Stages): readonly Fault[] {
  const timing = faultTiming(stages);
  const faults = texts.map((text) => {
    const fault = parseFault(text, timing);
    checkFaultFits(fault, stages);
    return fault;
  });
  checkNoOverlap(faults);
  return faults;
}

function thresholdsOf(
  before: Scenario,
  after: Scenario,
  {
    thresholds = [],
    noDefaultThresholds = false,
    foreignTarget = false,
    unordered = false,
  }: ScenarioOverrides,
): readonly string[] {
  if (noDefaultThresholds) return thresholds;
  const defaults = defaultThresholds(before, everyThreshold);
  const areDefaults =
    before.thresholds.length === defaults.length &&
    before.thresholds.every((text, i) => text === defaults[i]);
  // The defaults follow what the changed scenario can measure; written ones stay as written.
  const own = areDefaults
    ? defaultThresholds(after, { ownSystem: !foreignTarget, ordered: !foreignTarget && !unordered })
    : before.thresholds;
  return [...own, ...thresholds];
}

type Stages = Scenario['stages'];

function scaledTo(stages: Stages, users: number): Stages {
  const peak = plannedUsers(stages);
  return mapStages(stages, ({ durationMs, target }) => ({
    durationMs,
    // A stage with someone in it keeps someone.
    target: target === 0 ? 0 : Math.max(1, Math.round((target * users) / peak)),
  }));
}

/** Stretches the holds in proportion; with none, holds the first peak. */
function heldFor(stages: Stages, totalMs: number): Stages {
  const holds = stages.map((_, i) => holdsUsers(stages, i));
  const heldMs = stages.reduce(
    (sum, { durationMs }, i) => sum + (holds[i] === true ? durationMs : 0),
    0,
  );
  if (heldMs === 0) {
    const peak = plannedUsers(stages);
    const [first, ...others] = stages;
    const after = stages.findIndex(({ target }) => target === peak);
    return [
      first,
      ...others.slice(0, after),
      { durationMs: totalMs, target: peak },
      ...others.slice(after),
    ];
  }
  // Ends are rounded, not lengths, so that the lengths total what was asked to the ms.
  let beforeMs = 0;
  return mapStages(stages, (stage, i) => {
    if (holds[i] !== true) return stage;
    const startMs = Math.round((beforeMs * totalMs) / heldMs);
    beforeMs += stage.durationMs;
    const endMs = Math.round((beforeMs * totalMs) / heldMs);
    return { durationMs: Math.max(1, endMs - startMs), target: stage.target };
  });
}

function mapStages([first, ...others]: Stages, change: (stage: Stage, i: number) => Stage): Stages {
  return [change(first, 0), ...others.map((stage, i) => change(stage, i + 1))];
}
