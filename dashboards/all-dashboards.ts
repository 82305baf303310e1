import { apiServer } from './api-server.ts';
import type { DashboardSpec } from './build-dashboard.ts';
import { logsAndTraces } from './logs-and-traces.ts';
import { nginx } from './nginx.ts';
import { redis } from './redis.ts';
import { runOverview } from './run-overview.ts';
import { socketioServer } from './socketio-server.ts';
import { topologyCompare } from './topology-compare.ts';

/** In the order one looks: what users got, then causes. */
export const allDashboards: readonly DashboardSpec[] = [
  runOverview,
  socketioServer,
  apiServer,
  nginx,
  redis,
  topologyCompare,
  logsAndTraces,
];
