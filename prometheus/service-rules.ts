/** Rules about what runs: servers, Redis, nginx. */
import { exporterMetrics, serverMetrics } from '../server/metric-contract.ts';
import { alertDashboards } from './alert-rule.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertSettings } from './alert-settings.ts';

const servers = 'up{job="rtops-server"}';
const redisUp = serverMetrics.redisUp.name;

const restarts = exporterMetrics.serviceRestarts.name;
/**
 * Services that their supervisor has not started again within a minute, by the name servers have. The
 * next supervisor counts from 0, which is a change and no start.
 */
const notStartedAgain = `label_replace(changes(${restarts}[1m]) - resets(${restarts}[1m]) == 0, "instance", "$1", "service", "(.+)")`;

/** In the order of docs/alerts.md. */
export function serviceRules({ expectedServers }: AlertSettings): readonly AlertRule[] {
  return [
    {
      alert: 'ServerDown',
      expr: `${servers} == 0`,
      forSec: 10,
      severity: 'critical',
      summary: '{{ $labels.instance }} is down',
      description:
        '{{ $labels.instance }} of {{ $labels.topology }} has not answered a scrape for 10 s: dead, stopped, or its event loop stands still.',
      dashboard: alertDashboards.sockets,
    },
    ...(expectedServers.length === 0 ? [] : [serverMissing(expectedServers)]),
    {
      alert: 'AllServersDown',
      expr: `count by (topology) (${servers} == 0) == count by (topology) (${servers})`,
      forSec: 5,
      severity: 'critical',
      summary: 'every server of {{ $labels.topology }} is down',
      description: '{{ $value }} of {{ $value }} servers of {{ $labels.topology }} do not answer.',
      dashboard: alertDashboards.overview,
    },
    {
      alert: 'ServerRestarted',
      // Who is taken down and brought up by order has nobody who started it again. Of a system without
      // a supervisor that tells of its starts, each is listed.
      expr: `changes(process_start_time_seconds{job="rtops-server"}[1m]) > 0\nunless on (topology, instance) ${notStartedAgain}`,
      forSec: 0,
      severity: 'info',
      summary: '{{ $labels.instance }} ended and was started again',
      description:
        '{{ $labels.instance }} of {{ $labels.topology }} ended and was started again, {{ $value }} time(s) within a minute.',
      dashboard: alertDashboards.sockets,
    },
    {
      alert: 'RedisDown',
      // The exporter answers for a dead Redis and hangs with one that hangs; that Redis is gone, and
      // not the exporter alone, is what the servers say.
      expr: `redis_up{job="redis"} == 0\nor\n(up{job="redis"} == 0 and on (topology) (${redisUp} == 0))`,
      forSec: 5,
      severity: 'critical',
      summary: 'Redis of {{ $labels.topology }} is down',
      description:
        'Redis of {{ $labels.topology }} has not answered for 5 s: nothing is stored, so nothing is acknowledged.',
      dashboard: alertDashboards.redis,
    },
    {
      alert: 'RedisUnreachable',
      expr: `${redisUp} == 0\nunless on (topology) (redis_up{job="redis"} == 0 or up{job="redis"} == 0)`,
      forSec: 5,
      severity: 'critical',
      summary: '{{ $labels.instance }} does not reach Redis',
      description:
        'Redis answers others, but for 5 s not {{ $labels.instance }} of {{ $labels.topology }}: the network between them.',
      dashboard: alertDashboards.redis,
    },
    {
      alert: 'RedisRejected',
      expr: [
        'increase(redis_rejected_connections_total{job="redis"}[1m]) > 0',
        'increase(redis_evicted_keys_total{job="redis"}[1m]) > 0',
      ].join('\nor\n'),
      forSec: 0,
      severity: 'warning',
      summary: 'Redis of {{ $labels.topology }} turns work away',
      description:
        'Redis of {{ $labels.topology }} refused connections or evicted keys ({{ $value | printf "%.0f" }} within a minute): maxclients or maxmemory is reached.',
      dashboard: alertDashboards.redis,
    },
    {
      alert: 'LoadBalancerDown',
      expr: 'nginx_up{job="nginx"} == 0\nor\nup{job="nginx"} == 0',
      forSec: 5,
      severity: 'critical',
      summary: 'nginx of {{ $labels.topology }} is down',
      description:
        'nginx of {{ $labels.topology }} (or the exporter beside it) has not answered for 5 s: nobody gets in.',
      dashboard: alertDashboards.nginx,
    },
  ];
}

function serverMissing(names: readonly string[]): AlertRule {
  return {
    alert: 'ServerMissing',
    // `up == 0` never fires for a target that is not even scraped.
    expr: names.map((name) => `absent(up{job="rtops-server", instance="${name}"})`).join('\nor\n'),
    forSec: 10,
    severity: 'critical',
    summary: '{{ $labels.instance }} is not watched',
    description:
      'Prometheus has no target {{ $labels.instance }}: nothing would tell of its end. Its scrape configuration is not that of what runs.',
    dashboard: alertDashboards.overview,
  };
}
