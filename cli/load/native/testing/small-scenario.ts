/** A scenario for tests of the engine: each asks for what it is about, the rest is as small as can be. */
import type { Scenario } from '../../../scenario/scenario.ts';

export function smallScenario(wanted: Partial<Scenario> = {}): Scenario {
  return {
    name: 'test',
    description: '',
    protocol: 'socket.io',
    stages: [{ durationMs: 1000, target: 10 }],
    rate: { kind: 'per-user', perSec: 1 },
    roomSize: 10,
    payloadBytes: 64,
    http: { perSec: 0, path: '/api/v1/rooms', freshShare: 0 },
    pollingShare: 0,
    fidelityUsers: 0,
    churnPerMin: 0,
    drainMs: 2000,
    thresholds: [],
    faults: [],
    client: 'resume',
    flood: null,
    seed: 1,
    ...wanted,
  };
}
