/** The metrics of other programs' pages, by name, typed by the lists that were read from them. */
import type { exporterPages } from './exporter-metrics.ts';
import type { ForeignMetric } from './promql.ts';

/** `foreign.redis('redis_up')`: a name that the real page does not have does not compile. */
export const foreign = {
  node: of<'node'>('rtops-server'),
  redis: of<'redis'>('redis'),
  nginx: of<'nginx'>('nginx'),
} as const;

function of<Page extends keyof typeof exporterPages>(job: string) {
  return (name: keyof (typeof exporterPages)[Page] & string): ForeignMetric => ({ name, job });
}
