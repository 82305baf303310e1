/**
 * For every rule: it fires, stays quiet just below, resolves; for those over counters, a counter
 * that begins again at 0 is no event. Missing series are a test of all rules together.
 */
import { at, exporter, server, up } from './rule-series.ts';
import { flat, gone, joined } from './rule-test-file.ts';
import type { RuleCase } from './rule-test-file.ts';

const ws1 = up('rtops-server', 'ws-1');
const ws2 = up('rtops-server', 'ws-2');
const restarts = (service: string): string =>
  exporter('rtops_service_restarts_total', `service="${service}"`);

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
    says: 'fires for all four, one by one',
    series: Object.fromEntries(
      ['api-1', 'api-2', 'ws-1', 'ws-2'].map((name, nth) => [
        up('rtops-server', name),
        joined(gone(30 + 10 * nth), flat(1, 50)),
      ]),
    ),
    firing: { 8: 0, 20: 4, 30: 3, 40: 2, 50: 1, 60: 0 },
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
    says: 'where no supervisor tells of its starts, fires at each and falls after a minute',
    series: {
      [server('process_start_time_seconds', 'ws-1')]: joined(flat(100, 10), flat(120, 100)),
      [server('process_start_time_seconds', 'ws-2')]: flat(100, 110),
    },
    firing: { 8: 0, 10: 1, 60: 1, 76: 0 },
  },
  {
    alert: 'ServerRestarted',
    says: 'fires when its supervisor had to start it again, soon after an rtops up too',
    series: {
      [server('process_start_time_seconds', 'ws-1')]: joined(flat(100, 10), flat(120, 100)),
      [restarts('ws-1')]: joined(flat(0, 8), flat(1, 102)),
      // It ended, and before the minute was over the system was taken down and brought up.
      [server('process_start_time_seconds', 'ws-2')]: joined(
        ...[flat(100, 10), flat(120, 10), gone(10), flat(150, 80)],
      ),
      [restarts('ws-2')]: joined(flat(2, 8), flat(3, 12), gone(10), flat(0, 80)),
    },
    firing: { 8: 0, 10: 2, 60: 2, 78: 0 },
  },
  {
    alert: 'ServerRestarted',
    says: 'is quiet where the supervisor started nothing again: rtops down and rtops up',
    series: {
      [server('process_start_time_seconds', 'ws-1')]: joined(
        ...[flat(100, 10), gone(10), flat(120, 90)],
      ),
      // Which was started first, the server or who tells of it, is of no moment.
      [restarts('ws-1')]: joined(flat(0, 10), gone(16), flat(0, 84)),
      // Its supervisor had started it again long before, and the next one counts anew.
      [server('process_start_time_seconds', 'ws-2')]: joined(
        ...[flat(100, 10), gone(10), flat(120, 90)],
      ),
      [restarts('ws-2')]: joined(flat(3, 10), gone(10), flat(0, 90)),
      // What was up elsewhere is no excuse.
      [restarts('ws-9')]: joined(flat(0, 10), flat(1, 100)),
    },
    firing: { 8: 0, 20: 0, 22: 0, 26: 0, 60: 0, 100: 0 },
  },
  {
    alert: 'ServerRestarted',
    says: 'is quiet for scrapes that were missed, and for a server that is new',
    series: {
      [server('process_start_time_seconds', 'ws-1')]: joined(
        flat(100, 10),
        gone(12),
        flat(100, 60),
      ),
      [server('process_start_time_seconds', 'ws-2')]: joined(gone(20), flat(120, 62)),
    },
    firing: { 8: 0, 22: 0, 40: 0, 76: 0 },
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
    says: 'is quiet when Redis hangs, and its exporter with it',
    series: {
      [server('rtops_server_redis_up', 'ws-1')]: flat(0, 40),
      [`redis_up{job="redis", ${at('redis')}}`]: joined(flat(1, 4), gone(36)),
      [up('redis', 'redis')]: flat(0, 40),
    },
    firing: { 14: 0, 30: 0 },
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
