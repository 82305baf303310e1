/** What Alertmanager counts of its notifications, from its metrics page. */

/** Totals of one integration (`slack`, `discord`, `webhook`, …) since Alertmanager started. */
export type NotificationCounters = {
  /** HTTP requests, each attempt of a retry. */
  readonly requests: number;
  readonly requestsFailed: number;
  /** Notifications given up. */
  readonly givenUp: number;
  readonly latencySec: number;
  readonly latencyCount: number;
};

const noNotifications: NotificationCounters = {
  requests: 0,
  requestsFailed: 0,
  givenUp: 0,
  latencySec: 0,
  latencyCount: 0,
};

const families: Readonly<Record<string, keyof NotificationCounters>> = {
  alertmanager_notification_requests_total: 'requests',
  alertmanager_notification_requests_failed_total: 'requestsFailed',
  alertmanager_notifications_failed_total: 'givenUp',
  alertmanager_notification_latency_seconds_sum: 'latencySec',
  alertmanager_notification_latency_seconds_count: 'latencyCount',
};

/**
 * By integration, summed over all other labels (newer versions count by reason as well). What 0.25
 * has not counted yet has no series, and is absent here.
 */
export function readNotificationCounters(page: string): ReadonlyMap<string, NotificationCounters> {
  const read = new Map<string, NotificationCounters>();
  for (const line of page.split('\n')) {
    const match = /^(alertmanager_\w+)\{(?:[^}]*,)?integration="([^"]*)"[^}]*\} (\S+)/.exec(line);
    const field = families[match?.[1] ?? ''];
    const integration = match?.[2];
    if (field === undefined || integration === undefined) continue;
    const before = read.get(integration) ?? noNotifications;
    read.set(integration, { ...before, [field]: before[field] + Number(match?.[3]) });
  }
  return read;
}

/** What came since `before`; a counter that is smaller now began again with its process. */
export function countedSince(
  before: NotificationCounters | undefined,
  now: NotificationCounters | undefined,
): NotificationCounters {
  const from = before ?? noNotifications;
  const to = now ?? noNotifications;
  const since = (field: keyof NotificationCounters): number =>
    to[field] >= from[field] ? to[field] - from[field] : to[field];
  return {
    requests: since('requests'),
    requestsFailed: since('requestsFailed'),
    givenUp: since('givenUp'),
    latencySec: since('latencySec'),
    latencyCount: since('latencyCount'),
  };
}
