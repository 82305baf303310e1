/** The rungs of the guarantee ladder: message path, durability and client, from no promise to all. */
import type { ClientBehaviour } from '../scenario/scenario.ts';
import type { World } from '../world.ts';
import { readBenchRequest } from './bench-request.ts';
import { failoverDefaults } from './failover-request.ts';
import type { FailoverOptions } from './failover-request.ts';
import type { Variant } from './run-series.ts';

type Rung = {
  readonly name: string;
  readonly set: readonly string[];
  readonly client: ClientBehaviour;
};

const log = (durability: string): readonly string[] => [
  'messagePath=log',
  `redis.durability=${durability}`,
];

/** What people have first, what can be promised last. */
const rungs: readonly Rung[] = [
  { name: 'adapter, stock client', set: ['messagePath=adapter'], client: 'stock' },
  { name: 'log in memory, resume', set: log('memory'), client: 'resume' },
  { name: 'log everysec, resume', set: log('everysec'), client: 'resume' },
  { name: 'log always, stock client', set: log('always'), client: 'stock' },
  { name: 'log always, ack + retry', set: log('always'), client: 'retry' },
  { name: 'log always, resume', set: log('always'), client: 'resume' },
];

/** One run a rung; each takes the same scenario and the same faults. */
export async function readLadder(
  world: World,
  options: FailoverOptions,
): Promise<readonly Variant[]> {
  const defaults = { ...failoverDefaults, scenario: 'failover-ladder' };
  return await Promise.all(
    rungs.map(async ({ name, set, client }) => {
      const all = { ...options, set: [...options.set, ...set] };
      const asked = await readBenchRequest(world, all, undefined, defaults);
      return { name, asked: { ...asked, scenario: { ...asked.scenario, client } } };
    }),
  );
}
