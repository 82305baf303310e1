/** Why a panel of a run has nothing to show. */
export const noRun =
  'No run within this time. Start one beside a monitored system: rtops up --observe, then rtops bench.';
