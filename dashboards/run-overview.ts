import type { DashboardSpec } from './build-dashboard.ts';
import { latencyRow } from './overview-latency.ts';
import { troubleRow } from './overview-trouble.ts';
import { trustRow } from './overview-trust.ts';
import { verdictRow } from './overview-verdict.ts';

/** One run, while it goes on and after. */
export const runOverview: DashboardSpec = {
  uid: 'rtops-overview',
  title: 'rtops: run overview',
  description: 'Do users get their messages, how fast, and what happened when something broke?',
  variables: ['topology', 'instance', 'quantile'],
  rows: [verdictRow, latencyRow, troubleRow, trustRow],
};
