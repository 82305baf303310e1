/** What a failover run must hold to when its scenario says nothing else. */
export const failoverThresholds: readonly string[] = [
  'ledger.lost = 0',
  'ledger.duplicated = 0',
  'ledger.reordered = 0',
  'fault.neverBack = 0',
  'fault.lostAcked = 0',
  'fault.resume p99 < 2s',
  'fault.mttr < 5s',
];
