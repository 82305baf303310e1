/** A Prometheus that answers and holds nothing; tests put in what they are about. */
import type { PrometheusClient } from '../prometheus-client.ts';

const none = { kind: 'series', series: [] } as const;

export const emptyPrometheus: PrometheusClient = {
  name: 'stub',
  query: async () => none,
  queryRange: async () => none,
  series: async () => [],
  labelValues: async () => ({ kind: 'values', values: [] }),
  labelNames: async () => ({ kind: 'values', values: [] }),
  targets: async () => [],
  declaredMetrics: async () => [],
  rules: async () => [],
  alertmanagers: async () => 0,
  nowMs: async () => 0,
};
