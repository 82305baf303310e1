/** What of the alert rules may be chosen. */
export type AlertSettings = {
  /** ConnectionsHigh: more connections than this over all servers of a topology. */
  readonly connections: number;
  /** Service names whose metrics must be there (`api-1`, `ws-1`, …): what ServerMissing looks for. */
  readonly expectedServers: readonly string[];
  /** LatencySLO: slower than this is slow. One of `latencyBuckets`, or a share below it is a guess. */
  readonly slowAfterSec: number;
  /** Where Grafana is, as `http://127.0.0.1:3000`; `null` leaves the dashboard links out. */
  readonly grafanaUrl: string | null;
  /** What stands before the anchor in a runbook link. */
  readonly runbookUrl: string;
};

/** For a topology of which nothing else is known: `scaled` with its shipped settings. */
export const defaultAlertSettings: AlertSettings = {
  connections: 5000,
  expectedServers: ['api-1', 'api-2', 'ws-1', 'ws-2'],
  slowAfterSec: 0.15,
  grafanaUrl: 'http://127.0.0.1:3000',
  runbookUrl: 'docs/alerts.md',
};
