/** Test data: a failover, and what is read of it. */
import { createFaultImpact } from '../fault-impact.ts';
import type { ImpactOptions } from '../fault-impact.ts';
import type { FaultImpact, FaultResult } from '../fault-result.ts';
import type { HistoryRecord } from '../history.ts';
import { killWindow } from './failover-run.ts';
import type { FailoverShape } from './failover-run.ts';

/** A hundred users for 40 s, fifty of them on the node that is killed at 20 s. */
export const shape: FailoverShape = {
  users: 100,
  onNode: 50,
  killAtMs: 20_000,
  backoffMs: (user) => 500 + user * 20,
  endMs: 40_000,
};

const options: ImpactOptions = {
  runId: 'run',
  durationMs: 45_000,
  stages: [
    { untilMs: 5000, target: 100 },
    { untilMs: 40_000, target: 100 },
  ],
  windows: [killWindow(20_000)],
  losses: [],
  clients: 100,
};

/** What its faults did, one kill of ws-2 where `change` says nothing else. */
export function impactOf(
  records: readonly HistoryRecord[],
  change: Partial<ImpactOptions> = {},
): FaultImpact {
  const impact = createFaultImpact({ ...options, ...change });
  for (const record of records) impact.note(record);
  return impact.close();
}

export function only(impact: FaultImpact): FaultResult {
  const [fault] = impact.faults;
  if (fault === undefined || impact.faults.length > 1) throw new Error('one fault was expected');
  return fault;
}
