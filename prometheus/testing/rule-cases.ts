/**
 * For every rule: it fires, stays quiet just below, resolves; for those over counters, a counter
 * that begins again at 0 is no event. Missing series are a test of all rules together.
 */
import { climb, flat, gone, joined } from './rule-test-file.ts';
import type { RuleCase, Values } from './rule-test-file.ts';

const at = (instance: string): string => `topology="scaled", instance="${instance}"`;
const server = (name: string, instance: string, more = ''): string =>
  `${name}{job="rtops-server", ${at(instance)}${more === '' ? '' : `, ${more}`}}`;
const up = (job: string, instance: string): string => `up{job="${job}", ${at(instance)}}`;
const run = (name: string, more = ''): string =>
  `${name}{job="rtops-run", ${at('run')}, scenario="chat"${more === '' ? '' : `, ${more}`}}`;
const exporter = (name: string, more: string): string =>
  `${name}{job="rtops-exporter", ${at('exporter')}, ${more}}`;

const ws1 = up('rtops-server', 'ws-1');
const ws2 = up('rtops-server', 'ws-2');

export const serviceCases: readonly RuleCase[] = [
  {
    alert: 'ServerDown',
    says: 'fires after 10 s and falls when it is back',
    series: { [ws1]: joined(flat(1, 10), flat(0, 20), flat(1, 20)), [ws2]: flat(1, 50) },
    firing: { 18: 0, 20: 1, 28: 1, 30: 0 },
  },
  {
    alert: 'ServerDown',
    says: 'is quiet for a restart of 8 s',
    series: { [ws1]: joined(flat(1, 10), flat(0, 10), flat(1, 30)) },
    firing: { 18: 0, 20: 0, 40: 0 },
  },
  {
    alert: 'ServerMissing',
    says: 'fires for each expected server that is no target, and falls',
    series: Object.fromEntries([
      ...['api-1', 'api-2', 'ws-1'].map((name) => [up('rtops-server', name), flat(1, 60)]),
      [ws2, joined(gone(30), flat(1, 30))],
    ]),
    firing: { 8: 0, 10: 1, 28: 1, 30: 0 },
  },
  {
    alert: 'ServerMissing',
    says: 'is quiet for one that is down: that is ServerDown',
    series: Object.fromEntries(
      ['api-1', 'api-2', 'ws-1', 'ws-2'].map((name) => [
        up('rtops-server', name),
        flat(name === 'ws-2' ? 0 : 1, 60),
      ]),
    ),
    firing: { 50: 0 },
  },
  {
    alert: 'AllServersDown',
    says: 'fires after 5 s and falls when one is back',
    series: {
      [ws1]: joined(flat(1, 10), flat(0, 20), flat(1, 10)),
      [ws2]: joined(flat(1, 10), flat(0, 30)),
    },
    firing: { 14: 0, 16: 1, 28: 1, 30: 0 },
  },
  {
    alert: 'AllServersDown',
    says: 'is quiet while one answers',
    series: { [ws1]: flat(1, 40), [ws2]: flat(0, 40) },
    firing: { 30: 0 },
  },
  {
    alert: 'ServerRestarted',
    says: 'fires at a new start and falls after a minute',
    series: {
      [server('process_start_time_seconds', 'ws-1')]: joined(flat(100, 10), flat(120, 100)),
      [server('process_start_time_seconds', 'ws-2')]: flat(100, 110),
    },
    firing: { 8: 0, 10: 1, 60: 1, 76: 0 },
  },
  {
    alert: 'RedisDown',
    says: 'fires for a Redis that the exporter finds dead, and falls',
    series: {
      [`redis_up{job="redis", ${at('redis')}}`]: joined(flat(1, 10), flat(0, 20), flat(1, 10)),
      [up('redis', 'redis')]: flat(1, 40),
    },
    firing: { 14: 0, 16: 1, 28: 1, 30: 0 },
  },
  {
    alert: 'RedisDown',
    says: 'fires for a Redis that hangs: no scrape, and the servers say so',
    series: {
      [`redis_up{job="redis", ${at('redis')}}`]: joined(flat(1, 10), gone(30)),
      [up('redis', 'redis')]: joined(flat(1, 10), flat(0, 30)),
      [server('rtops_server_redis_up', 'ws-1')]: joined(flat(1, 10), flat(0, 30)),
    },
    firing: { 8: 0, 30: 1 },
  },
  {
    alert: 'RedisDown',
    says: 'is quiet when the exporter alone is gone, and for a restart of 4 s',
    series: {
      [`redis_up{job="redis", ${at('redis')}}`]: joined(flat(1, 10), flat(0, 4), flat(1, 26)),
      [up('redis', 'redis')]: joined(flat(1, 20), flat(0, 20)),
      [server('rtops_server_redis_up', 'ws-1')]: flat(1, 40),
    },
    firing: { 16: 0, 36: 0 },
  },
  {
    alert: 'RedisUnreachable',
    says: 'fires for the one server that does not reach it, and falls',
    series: {
      [server('rtops_server_redis_up', 'ws-1')]: joined(flat(1, 10), flat(0, 20), flat(1, 10)),
      [server('rtops_server_redis_up', 'ws-2')]: flat(1, 40),
      [`redis_up{job="redis", ${at('redis')}}`]: flat(1, 40),
      [up('redis', 'redis')]: flat(1, 40),
    },
    firing: { 14: 0, 16: 1, 28: 1, 30: 0 },
  },
  {
    alert: 'RedisUnreachable',
    says: 'is quiet when Redis is down for all',
    series: {
      [server('rtops_server_redis_up', 'ws-1')]: flat(0, 40),
      [`redis_up{job="redis", ${at('redis')}}`]: flat(0, 40),
      [up('redis', 'redis')]: flat(1, 40),
    },
    firing: { 30: 0 },
  },
  ...['redis_rejected_connections_total', 'redis_evicted_keys_total'].flatMap((counter) => {
    const series = `${counter}{job="redis", ${at('redis')}}`;
    return [
      {
        alert: 'RedisRejected',
        says: `fires when ${counter} grows, and falls a minute later`,
        series: { [series]: joined(flat(0, 20), flat(3, 100)) },
        firing: { 18: 0, 22: 1, 90: 0 },
      },
      {
        alert: 'RedisRejected',
        says: `is quiet when ${counter} stands, or begins again at 0`,
        series: { [series]: joined(flat(7, 20), flat(0, 60)) },
        firing: { 18: 0, 22: 0, 60: 0 },
      },
    ];
  }),
  ...[`nginx_up{job="nginx", ${at('nginx')}}`, up('nginx', 'nginx')].map((series) => ({
    alert: 'LoadBalancerDown',
    says: `fires after 5 s of ${series}, and falls`,
    series: { [series]: joined(flat(1, 10), flat(0, 20), flat(1, 10)) },
    firing: { 14: 0, 16: 1, 28: 1, 30: 0 },
  })),
  {
    alert: 'LoadBalancerDown',
    says: 'is quiet for a restart of 4 s',
    series: { [up('nginx', 'nginx')]: joined(flat(1, 10), flat(0, 4), flat(1, 20)) },
    firing: { 14: 0, 16: 0, 20: 0 },
  },
];

const acks = server(
  'rtops_server_event_duration_seconds_count',
  'ws-1',
  'event="chat:send-message", outcome="ok"',
);
const unavailable = server('rtops_server_refusals_total', 'ws-1', 'code="UNAVAILABLE"');
const lb = (status: string): string =>
  exporter('rtops_lb_requests_total', `upstream="api-1", status_class="${status}"`);
const http = (status: string): string =>
  server(
    'rtops_server_http_request_seconds_count',
    'api-1',
    `method="GET", route="/r", status_class="${status}"`,
  );
const connections = (instance: string): string =>
  server('rtops_server_connections', instance, 'transport="websocket"');
const opened = (instance: string): string =>
  server('rtops_server_connections_opened_total', instance);

/** `share` of `perSec` for the middle minute, nothing before and after. */
function middleMinute(perSec: number, share: number): Values {
  const grown = perSec * share * 60;
  return joined(flat(0, 30), climb(0, perSec * share, 60), flat(grown, 90));
}

export const userCases: readonly RuleCase[] = [
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'fires above 1 % refused by the store, and falls',
    series: { [acks]: climb(0, 50, 180), [unavailable]: middleMinute(50, 0.05) },
    firing: { 28: 0, 60: 1, 140: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet just below, and at one event a second',
    series: { [acks]: climb(0, 50, 180), [unavailable]: middleMinute(50, 0.009) },
    firing: { 60: 0, 88: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet below a minimum of traffic',
    series: { [acks]: climb(0, 0.9, 180), [unavailable]: climb(0, 0.5, 180) },
    firing: { 90: 0 },
  },
  {
    alert: 'ErrorRateHigh',
    only: 'of="chat"',
    says: 'is quiet when both counters begin again',
    series: {
      [acks]: joined(climb(0, 50, 60), climb(0, 50, 60)),
      [unavailable]: joined(flat(40, 60), flat(0, 60)),
    },
    firing: { 62: 0, 90: 0 },
  },
  ...[lb, http].flatMap((of): readonly RuleCase[] => [
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `fires above 1 % of 5xx and falls: ${of('5xx')}`,
      series: { [of('2xx')]: climb(0, 20, 180), [of('5xx')]: middleMinute(20, 0.1) },
      firing: { 28: 0, 60: 1, 140: 0 },
    },
    {
      alert: 'ErrorRateHigh',
      only: 'of="http"',
      says: `is quiet just below, and for 4xx: ${of('5xx')}`,
      series: {
        [of('2xx')]: climb(0, 20, 180),
        [of('4xx')]: climb(0, 20, 180),
        [of('5xx')]: middleMinute(20, 0.015),
      },
      firing: { 60: 0, 88: 0 },
    },
  ]),
  {
    alert: 'DeliveryLoss',
    says: 'fires at the first missing message, also when its counter appears with it, and falls',
    series: { [run('rtops_client_missing_total')]: joined(gone(20), flat(1, 140)) },
    firing: { 18: 0, 22: 1, 76: 1, 90: 0 },
  },
  {
    alert: 'DeliveryLoss',
    says: 'is quiet at 0, and when a new run begins at 0',
    series: { [run('rtops_client_missing_total')]: joined(flat(0, 80), flat(0, 40)) },
    firing: { 60: 0, 100: 0 },
  },
  {
    alert: 'DeliveryLoss',
    says: 'is quiet for what a run of before has lost',
    series: { [run('rtops_client_missing_total')]: joined(flat(9, 80), flat(0, 80)) },
    firing: { 70: 0, 82: 0, 120: 0 },
  },
  ...latencyCases('client', 'rtops_client_delivery_seconds', (more) => more),
  ...latencyCases(
    'server',
    'rtops_server_event_duration_seconds',
    (more) => `event="chat:send-message", outcome="ok"${more}`,
  ),
  {
    alert: 'ReconnectStorm',
    says: 'fires when the users of a dead node come back to another, and falls',
    series: {
      [connections('ws-1')]: joined(flat(50, 60), flat(100, 80)),
      [connections('ws-2')]: joined(flat(50, 56), gone(4), flat(0, 80)),
      [opened('ws-1')]: joined(flat(50, 60), flat(100, 80)),
      [opened('ws-2')]: joined(flat(50, 56), gone(4), flat(0, 80)),
    },
    firing: { 58: 0, 64: 1, 84: 1, 100: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet for a ramp, and for its end',
    series: {
      [connections('ws-1')]: joined(flat(0, 40), climb(0, 20, 60), flat(1200, 30), flat(0, 60)),
      [opened('ws-1')]: joined(flat(0, 40), climb(0, 20, 60), flat(1200, 90)),
    },
    firing: { 50: 0, 70: 0, 100: 0, 128: 0, 140: 0, 180: 0 },
  },
  {
    alert: 'ReconnectStorm',
    says: 'is quiet for a fifth, and for ten users',
    series: {
      [connections('ws-1')]: flat(200, 120),
      [opened('ws-1')]: joined(flat(200, 60), flat(238, 60)),
    },
    firing: { 64: 0, 80: 0 },
  },
  {
    alert: 'ConnectionSkew',
    says: 'fires after a minute, the API servers left out, and falls',
    series: {
      [connections('ws-1')]: joined(flat(100, 10), flat(180, 90), flat(100, 30)),
      [connections('ws-2')]: joined(flat(100, 10), flat(20, 90), flat(100, 30)),
      [connections('api-1')]: flat(0, 130),
      [server('rtops_server_info', 'ws-1', 'role="ws"')]: flat(1, 130),
      [server('rtops_server_info', 'ws-2', 'role="ws"')]: flat(1, 130),
      [server('rtops_server_info', 'api-1', 'role="api"')]: flat(1, 130),
    },
    firing: { 66: 0, 72: 1, 98: 1, 102: 0 },
  },
  {
    alert: 'ConnectionSkew',
    says: 'is quiet at 1.5 times the mean, and below a hundred connections',
    series: {
      [connections('ws-1')]: joined(flat(150, 90), flat(90, 90)),
      [connections('ws-2')]: joined(flat(50, 90), flat(5, 90)),
      [server('rtops_server_info', 'ws-1', 'role="ws"')]: flat(1, 180),
      [server('rtops_server_info', 'ws-2', 'role="ws"')]: flat(1, 180),
    },
    firing: { 80: 0, 170: 0 },
  },
  {
    alert: 'ConnectionsHigh',
    says: 'fires above 5,000 over all servers after 10 s, and falls at 5,000',
    series: {
      [connections('ws-1')]: joined(flat(2500, 10), flat(2501, 30), flat(2500, 20)),
      [connections('ws-2')]: flat(2500, 60),
    },
    firing: { 18: 0, 20: 1, 38: 1, 40: 0 },
  },
  {
    alert: 'ConnectionsHigh',
    says: 'is quiet at 5,000',
    series: { [connections('ws-1')]: flat(5000, 60) },
    firing: { 50: 0 },
  },
];

function latencyCases(
  of: 'client' | 'server',
  histogram: string,
  labels: (more: string) => string,
): readonly RuleCase[] {
  const series = (suffix: string, more: string): string =>
    of === 'client'
      ? run(`${histogram}_${suffix}`, more)
      : server(`${histogram}_${suffix}`, 'ws-1', labels(more === '' ? '' : `, ${more}`));
  const messages = (slowShare: number, slowSec: number): Readonly<Record<string, Values>> => ({
    [series('count', '')]: climb(0, 100, 120 + slowSec + 1200),
    [series('bucket', 'le="0.15"')]: joined(
      climb(0, 100, 120),
      climb(12_000, 100 * (1 - slowShare), slowSec),
      climb(12_000 + 100 * (1 - slowShare) * slowSec, 100, 1200),
    ),
  });
  const fast = `of="${of}", burn="fast"`;
  const slow = `of="${of}", burn="slow"`;
  return [
    {
      alert: 'LatencySLO',
      only: fast,
      says: `(${of}) fires when half is slow for a minute, and falls soon`,
      series: messages(0.5, 60),
      firing: { 118: 0, 170: 1, 200: 0 },
    },
    {
      alert: 'LatencySLO',
      only: fast,
      says: `(${of}) is quiet just below six times the budget`,
      series: messages(0.29, 60),
      firing: { 150: 0, 178: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) fires when a fifth is slow for ten minutes, and falls`,
      series: messages(0.2, 600),
      firing: { 118: 0, 715: 1, 1300: 0 },
    },
    {
      alert: 'LatencySLO',
      only: slow,
      says: `(${of}) is quiet just below twice the budget`,
      series: messages(0.095, 600),
      firing: { 500: 0, 715: 0 },
    },
    {
      alert: 'LatencySLO',
      only: `of="${of}"`,
      says: `(${of}) is quiet when the counters begin again`,
      series: {
        [series('count', '')]: joined(climb(0, 100, 60), climb(0, 100, 60)),
        [series('bucket', 'le="0.15"')]: joined(climb(0, 100, 60), climb(0, 100, 60)),
      },
      firing: { 62: 0, 90: 0 },
    },
    {
      alert: 'LatencySLO',
      only: `of="${of}"`,
      says: `(${of}) is quiet below one a second`,
      series: {
        [series('count', '')]: climb(0, 0.9, 120),
        [series('bucket', 'le="0.15"')]: flat(0, 120),
      },
      firing: { 100: 0 },
    },
  ];
}

const lag = (quantile: string): string =>
  server('rtops_server_event_loop_lag_seconds', 'ws-1', `quantile="${quantile}"`);
const memory = server('process_resident_memory_bytes', 'ws-1');
const retries = exporter('rtops_lb_retries_total', 'upstream="ws-2"');
const minutes = (count: number): number => count * 60;

export const nodeCases: readonly RuleCase[] = [
  {
    alert: 'EventLoopLag',
    says: 'fires when p99 stays above 100 ms for 15 s, and falls',
    series: { [lag('0.99')]: joined(flat(0.02, 20), flat(0.12, 30), flat(0.02, 20)) },
    firing: { 20: 0, 32: 0, 36: 1, 48: 1, 52: 0 },
  },
  {
    alert: 'EventLoopLag',
    says: 'fires for one stall of over a second, and falls',
    series: { [lag('1')]: joined(flat(0.02, 20), flat(1.2, 2), flat(0.02, 40)) },
    firing: { 18: 0, 20: 1, 32: 1, 40: 0 },
  },
  {
    alert: 'EventLoopLag',
    says: 'is quiet at 100 ms, and for a stall of a second',
    series: { [lag('0.99')]: flat(0.1, 60), [lag('1')]: flat(1, 60) },
    firing: { 50: 0 },
  },
  {
    alert: 'MemoryGrowth',
    says: 'fires for half as much again in ten minutes with the same connections, and falls',
    series: {
      [memory]: joined(flat(300e6, minutes(10)), flat(460e6, minutes(12))),
      [connections('ws-1')]: flat(100, minutes(22)),
    },
    firing: { 590: 0, 670: 1, 1220: 0 },
  },
  {
    alert: 'MemoryGrowth',
    says: 'is quiet just below, for small servers, and where connections explain it',
    series: {
      [memory]: joined(flat(300e6, minutes(10)), flat(449e6, minutes(10))),
      [connections('ws-1')]: flat(100, minutes(20)),
      [server('process_resident_memory_bytes', 'api-1')]: joined(
        flat(60e6, minutes(10)),
        flat(190e6, minutes(10)),
      ),
      [connections('api-1')]: flat(0, minutes(20)),
      [server('process_resident_memory_bytes', 'ws-2')]: joined(
        flat(300e6, minutes(10)),
        flat(900e6, minutes(10)),
      ),
      [connections('ws-2')]: joined(flat(100, minutes(10)), flat(5000, minutes(10))),
    },
    firing: { 700: 0, 900: 0 },
  },
  {
    alert: 'UpstreamFailover',
    says: 'fires at the first retry, also when its counter appears with it, and falls',
    series: { [retries]: joined(gone(20), flat(2, 100)) },
    firing: { 18: 0, 22: 1, 46: 1, 60: 0 },
  },
  {
    alert: 'UpstreamFailover',
    says: 'is quiet when the counter stands, or begins again at 0',
    series: { [retries]: joined(flat(4, 60), flat(0, 60)) },
    firing: { 50: 0, 62: 0, 100: 0 },
  },
  {
    alert: 'GeneratorSaturated',
    says: 'fires above 1 % of late sends, and falls',
    series: {
      [run('rtops_client_sent_total')]: climb(0, 100, 180),
      [run('rtops_client_late_sends_total')]: middleMinute(100, 0.03),
    },
    firing: { 28: 0, 60: 1, 120: 0 },
  },
  {
    alert: 'GeneratorSaturated',
    says: 'is quiet just below, and below one send a second',
    series: {
      [run('rtops_client_sent_total')]: climb(0, 100, 180),
      [run('rtops_client_late_sends_total')]: middleMinute(100, 0.009),
    },
    firing: { 60: 0, 88: 0 },
  },
  {
    alert: 'GeneratorSaturated',
    says: 'is quiet when a new run begins at 0',
    series: {
      [run('rtops_client_sent_total')]: joined(climb(0, 100, 60), climb(0, 100, 60)),
      [run('rtops_client_late_sends_total')]: joined(flat(50, 60), flat(0, 60)),
    },
    firing: { 50: 0, 64: 0, 100: 0 },
  },
];

const failed = 'alertmanager_notifications_failed_total{job="alertmanager", integration="discord"}';

export const watchCases: readonly RuleCase[] = [
  ...(
    [
      ['rtops-exporter', 'exporter'],
      ['redis', 'redis'],
    ] as const
  ).map(([job, instance]) => ({
    alert: 'ExporterDown',
    says: `fires for ${job} after 15 s, and falls`,
    series: {
      [up(job, instance)]: joined(flat(1, 10), flat(0, 30), flat(1, 20)),
      [server('rtops_server_redis_up', 'ws-1')]: flat(1, 60),
    },
    firing: { 24: 0, 26: 1, 38: 1, 40: 0 },
  })),
  {
    alert: 'ExporterDown',
    says: 'is quiet when Redis itself hangs, and for 12 s',
    series: {
      [up('redis', 'redis')]: flat(0, 60),
      [server('rtops_server_redis_up', 'ws-1')]: flat(0, 60),
      [up('rtops-exporter', 'exporter')]: joined(flat(1, 10), flat(0, 14), flat(1, 40)),
    },
    firing: { 24: 0, 26: 0, 50: 0 },
  },
  {
    alert: 'ScrapeSlow',
    says: 'fires for scrapes of over a second, and falls',
    series: {
      [`scrape_duration_seconds{job="rtops-server", ${at('ws-1')}}`]: joined(
        flat(0.01, 40),
        flat(1.5, 60),
        flat(0.01, 60),
      ),
      [ws1]: flat(1, 160),
    },
    firing: { 40: 0, 90: 1, 130: 0 },
  },
  {
    alert: 'ScrapeSlow',
    says: 'is quiet at a second, and for a target that is down',
    series: {
      [`scrape_duration_seconds{job="rtops-server", ${at('ws-1')}}`]: flat(1, 100),
      [ws1]: flat(1, 100),
      [`scrape_duration_seconds{job="rtops-server", ${at('ws-2')}}`]: flat(2, 100),
      [ws2]: flat(0, 100),
    },
    firing: { 90: 0 },
  },
  {
    alert: 'RuleEvalFailing',
    says: 'fires for a failed evaluation and for many left out, and falls',
    series: {
      'prometheus_rule_evaluation_failures_total{job="prometheus", rule_group="a"}': joined(
        flat(0, 20),
        flat(1, 120),
      ),
      'prometheus_rule_group_iterations_missed_total{job="prometheus", rule_group="b"}': joined(
        flat(0, 20),
        flat(9, 120),
      ),
    },
    firing: { 18: 0, 22: 2, 100: 0 },
  },
  {
    alert: 'RuleEvalFailing',
    says: 'is quiet for five that were left out, and when the counters begin again at 0',
    series: {
      'prometheus_rule_evaluation_failures_total{job="prometheus", rule_group="a"}': joined(
        flat(3, 60),
        flat(0, 60),
      ),
      'prometheus_rule_group_iterations_missed_total{job="prometheus", rule_group="b"}': joined(
        flat(0, 60),
        flat(4, 60),
      ),
    },
    firing: { 50: 0, 62: 0, 100: 0 },
  },
  {
    alert: 'NotificationsFailing',
    says: 'fires at the first failure, also when its counter appears with it, and falls',
    series: { [failed]: joined(gone(20), flat(1, 400)) },
    firing: { 18: 0, 22: 1, 300: 1, 330: 0 },
  },
  {
    alert: 'NotificationsFailing',
    says: 'fires for notifications that Prometheus drops, and falls',
    series: {
      'prometheus_notifications_dropped_total{job="prometheus"}': joined(flat(0, 20), flat(2, 400)),
    },
    firing: { 18: 0, 22: 1, 340: 0 },
  },
  {
    alert: 'NotificationsFailing',
    says: 'is quiet at 0, and when the counter begins again',
    series: { [failed]: joined(flat(5, 320), flat(0, 60)) },
    firing: { 310: 0, 322: 0, 370: 0 },
  },
];

/** With no series at all only these fire, so many of each. */
export const firingWithoutSeries: Readonly<Record<string, number>> = {
  Watchdog: 1,
  ServerMissing: 4,
};
