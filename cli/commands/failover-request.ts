/** What a `failover-test` was asked to do, and what it runs when it was asked for nothing. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { FaultKind } from '../scenario/fault.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { failoverThresholds } from '../verdict/failover-thresholds.ts';
import type { World } from '../world.ts';
import { readBenchRequest } from './bench-request.ts';
import type { BenchOptions, BenchRequest, KnownTopology, RunDefaults } from './bench-request.ts';

/** The options of `failover-test` as commander gives them. */
export type FailoverOptions = BenchOptions & {
  readonly repeat?: number;
  readonly ladder: boolean;
  readonly selfCheck: boolean;
};

/** `scaled` under `failover-500`, with the parts that its faults need. */
export const failoverDefaults: RunDefaults = {
  scenario: 'failover-500',
  topology: 'scaled',
  settings: settingsFor,
  thresholds: failoverThresholds,
};

/** A flood alone is a question of its own: without faults beside it the answer is clean. */
const floodDefaults: RunDefaults = { ...failoverDefaults, scenario: 'isolation-500' };

/**
 * Everything that can be wrong is found here. Throws a usage (2) or file (104) failure; also where
 * there would be neither a fault nor a flood.
 */
export async function readFailoverRequest(
  world: World,
  options: BenchOptions,
  up: KnownTopology | undefined,
): Promise<BenchRequest> {
  const isFloodAlone = options.flood !== undefined && (options.fault ?? []).length === 0;
  const defaults = isFloodAlone ? floodDefaults : failoverDefaults;
  const asked = await readBenchRequest(world, options, up, defaults);
  if (asked.scenario.faults.length === 0 && asked.scenario.flood === null) {
    throw new Failure(exitCode.usage, `the scenario ${asked.scenario.name} breaks nothing`, {
      why: 'it has neither `faults` nor `flood`',
      next: `rtops failover-test ${asked.scenario.name} --fault kill@ws-2, or rtops bench ${asked.scenario.name}`,
    });
  }
  return asked;
}

const onAnEdge: ReadonlySet<FaultKind> = new Set([
  'latency',
  'rate',
  'blackhole',
  'reset',
  'refuse',
  'cut',
]);

/** The fault proxy stands only where an edge is hurt: it costs latency, if little. */
function settingsFor({ faults }: Scenario): readonly string[] {
  return [
    ...(faults.some(({ kind }) => onAnEdge.has(kind)) ? ['chaos=true'] : []),
    ...(faults.some(({ kind }) => kind === 'block') ? ['server.faults=true'] : []),
  ];
}
