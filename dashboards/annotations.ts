/**
 * Bands over every time series, asked of Prometheus: no API token, and testable without Grafana. An
 * expression has a value where the band is, and none elsewhere; points next to each other are one band.
 */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type { AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import { runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { scrapeIntervalSec } from '../prometheus/scrape-config.ts';
import { datasourceVariable } from './datasources.ts';
import { foreign } from './foreign-metrics.ts';

const step = `${scrapeIntervalSec}s`;

const topology = 'topology=~"$topology"';

/** All bands, over the chosen topologies and all of their servers. */
export function annotations(): AnnotationQuery[] {
  const of = (name: string): string => `${name}{${topology}}`;
  const fault = of(runMetrics.faultActive.name);
  const startOfServers = `${foreign.node('process_start_time_seconds').name}{job="rtops-server", ${topology}}`;
  return [
    // From the scrape before the first that saw it: a fault begins between the two. So the band is
    // right by one step at either end, and not always late and short.
    band('Faults', 'red', `${fault} == 1 or ${fault} offset -${step} == 1`, {
      title: '{{kind}} {{target}}',
      text: 'A fault of the run is in place.',
    }),
    band('Phases', 'blue', `${of(runMetrics.phase.name)} == 1`, {
      title: '{{phase}}',
      text: 'What the run does.',
    }),
    band('Starts', 'orange', `time() - ${startOfServers} < ${startedSec}`, {
      title: '{{instance}} started',
      text: 'A server process began, or began again.',
    }),
    band('Draining', 'purple', `${of(serverMetrics.draining.name)} == 1`, {
      title: '{{instance}} drains',
      text: 'It got SIGTERM and hands its users over.',
    }),
    band(
      'Deploys',
      'green',
      `count by (topology) (count by (topology, version) (${of(serverMetrics.info.name)})) > 1`,
      { title: 'deploy', text: 'Servers of two versions at once.' },
    ),
  ];
}

/** A process is read for the first time some seconds after it began; under load that may be five. */
const startedSec = 5 * scrapeIntervalSec;

function band(
  name: string,
  iconColor: string,
  expr: string,
  { title, text }: { readonly title: string; readonly text: string },
): AnnotationQuery {
  const query = new prometheus.DataqueryBuilder()
    .refId('Anno')
    .expr(expr)
    // Without it Grafana asks once a minute, and a fault of ten seconds is between two points.
    .interval(step)
    .range();
  return (
    new dashboard.AnnotationQueryBuilder()
      .name(name)
      .datasource({ type: 'prometheus', uid: `\${${datasourceVariable}}` })
      .enable(true)
      .iconColor(iconColor)
      .target(query)
      // Grafana before 11 reads these two in place of the target.
      .expr(expr)
      .step(step)
      .titleFormat(title)
      .textFormat(text)
      .build()
  );
}
