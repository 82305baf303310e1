/** What a `failover-test` was asked to do, and what it runs when it was asked for nothing. */
import type { FaultKind } from '../scenario/fault.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { failoverThresholds } from '../verdict/failover-thresholds.ts';
import type { World } from '../world.ts';
import { readBenchRequest } from './bench-request.ts';
import type { BenchOptions, BenchRequest, RunDefaults } from './bench-request.ts';

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

/** Everything that can be wrong is found here. Throws a usage (2) or file (104) failure. */
export function readFailoverRequest(
  world: World,
  options: BenchOptions,
  upName: string | undefined,
): Promise<BenchRequest> {
  return readBenchRequest(world, options, upName, failoverDefaults);
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
