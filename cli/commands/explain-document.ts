/** What `rtops explain --json` prints: the same facts as the text has, by name. */
import { metricFamilies } from '../../server/metric-contract.ts';
import { familyNamed } from '../inspect/explain-metric.ts';
import { metrics as thresholdMetrics } from '../verdict/metrics.ts';
import { alertNames, alertParts } from './explain-alert.ts';

/** All that can be explained. */
export function explainListDocument(exitCodes: readonly (readonly [string, string])[]) {
  return {
    schemaVersion: 1,
    metrics: metricFamilies.map(({ name, help }) => ({ name, about: help })),
    thresholds: thresholdMetrics.map(({ name, about }) => ({ name, about })),
    alerts: alertNames.map((name) => ({ name, about: alertParts(name)?.runbook[0] ?? '' })),
    exitCodes: exitCodes.map(([code, about]) => ({ code: Number(code), about })),
  };
}

/** One of them; `undefined` for what is none. */
export function explainDocument(
  name: string,
  exitCodes: readonly (readonly [string, string])[],
): object | undefined {
  const family = familyNamed(metricFamilies, name);
  if (family !== undefined) {
    const { help, emptyWhen = null, buckets = null, needs = [], ...rest } = family;
    return { schemaVersion: 1, of: 'metric', about: help, ...rest, buckets, needs, emptyWhen };
  }
  const metric = thresholdMetrics.find((one) => one.name === name);
  if (metric !== undefined) {
    const { about, selects } = metric;
    const statistics = metric.statistics.map((one) => ({ name: one.name, unit: one.unit }));
    return { schemaVersion: 1, of: 'threshold', about, name, statistics, selects };
  }
  const code = exitCodes.find(([number]) => number === name);
  if (code !== undefined) {
    return { schemaVersion: 1, of: 'exit code', about: code[1], name, code: Number(name) };
  }
  const alert = alertParts(name);
  if (alert === undefined) return undefined;
  const [about = '', ...steps] = alert.runbook;
  return { schemaVersion: 1, of: 'alert', about, name, steps, rules: alert.rules };
}
