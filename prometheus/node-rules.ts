/** Rules about causes: event loops, memory, upstreams, the load generator. */
import { exporterMetrics, runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { alertDashboards, grew, ratePerTopology, shareAbove } from './alert-rule.ts';
import type { AlertRule } from './alert-rule.ts';

const memory = 'process_resident_memory_bytes{job="rtops-server"}';
const lag = serverMetrics.eventLoopLagSeconds.name;
const startTime = 'process_start_time_seconds{job="rtops-server"}';
const connections = `sum by (topology, instance) (${serverMetrics.connections.name})`;
const connectionsBefore = `sum by (topology, instance) (${serverMetrics.connections.name} offset 10m)`;

/** Servers that missed a scrape while a retry still counts, by the name nginx's lines give them. */
const wasDown =
  'label_replace(min_over_time(up{job="rtops-server"}[45s]) == 0, "upstream", "$1", "instance", "(.+)")';

/** In the order of docs/alerts.md. */
export const nodeRules: readonly AlertRule[] = [
  {
    alert: 'EventLoopLag',
    // Busy all the time, or one long stall, which leaves a single sample behind. Of a server that has
    // just begun the only sample, which holds its start, is no 15 s.
    expr: [
      `min_over_time(${lag}{stat="p99"}[15s]) > 0.1\nunless on (topology, instance) time() - ${startTime} < 15`,
      `max_over_time(${lag}{stat="max"}[15s]) > 1`,
    ].join('\nor ignoring (stat)\n'),
    forSec: 0,
    severity: 'warning',
    summary: 'the event loop of {{ $labels.instance }} is late',
    description:
      'The event loop of {{ $labels.instance }} was {{ $value | humanizeDuration }} late: everything it serves waited as long.',
    dashboard: alertDashboards.sockets,
  },
  {
    alert: 'MemoryGrowth',
    // Half as much again within ten minutes, without the connections that would explain it.
    expr: [
      `${memory} > 1.5 * ${memory} offset 10m`,
      `and ${memory} > 200e6`,
      `and on (topology, instance) ${connections} <= 1.1 * ${connectionsBefore}`,
    ].join('\n'),
    forSec: 60,
    severity: 'warning',
    summary: 'memory of {{ $labels.instance }} grows',
    description:
      '{{ $labels.instance }} holds {{ $value | humanize1024 }}B, half as much again as ten minutes ago, with no more connections than then.',
    dashboard: alertDashboards.sockets,
  },
  {
    alert: 'UpstreamFailover',
    // A server that was down is ServerDown's or ServerRestarted's: nginx goes round it as it should.
    expr: `(${grew(exporterMetrics.lbRetries.name, '30s')})\nunless on (topology, upstream) ${wasDown}`,
    // As long as a death may take to be seen: a scrape, the wait for its answer, the rule.
    forSec: 6,
    severity: 'warning',
    summary: 'nginx goes round {{ $labels.upstream }}',
    description:
      '{{ $value | printf "%.0f" }} attempt(s) at {{ $labels.upstream }} of {{ $labels.topology }} failed within 30 s, and nginx tried another or gave up. It answers its scrapes all the while.',
    dashboard: alertDashboards.nginx,
  },
  {
    alert: 'GeneratorSaturated',
    expr: shareAbove(
      ratePerTopology(runMetrics.lateSends.name, '15s'),
      ratePerTopology(runMetrics.sent.name, '15s'),
      0.01,
    ),
    forSec: 5,
    severity: 'warning',
    summary: 'the load generator is at its limit',
    description:
      '{{ $value | humanizePercentage }} of the sends left over 50 ms late: above 1 % the run proves nothing.',
    dashboard: alertDashboards.overview,
  },
];
