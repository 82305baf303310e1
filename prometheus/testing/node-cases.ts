/** Cases of the rules about causes and about those who watch: see service-cases.ts. */
import {
  at,
  connections,
  exporter,
  middleMinute,
  run,
  server,
  soonDiluted,
  up,
} from './rule-series.ts';
import { climb, flat, gone, joined } from './rule-test-file.ts';
import type { RuleCase } from './rule-test-file.ts';

const ws1 = up('rtops-server', 'ws-1');
const ws2 = up('rtops-server', 'ws-2');

const lag = (stat: string): string =>
  server('rtops_server_event_loop_lag_seconds', 'ws-1', `stat="${stat}"`);
const memory = server('process_resident_memory_bytes', 'ws-1');
const retries = exporter('rtops_lb_retries_total', 'upstream="ws-2"');
const minutes = (count: number): number => count * 60;

export const nodeCases: readonly RuleCase[] = [
  {
    alert: 'EventLoopLag',
    says: 'fires when p99 stays above 100 ms for 15 s, and falls',
    series: { [lag('p99')]: joined(flat(0.02, 20), flat(0.12, 30), flat(0.02, 20)) },
    firing: { 20: 0, 32: 0, 36: 1, 48: 1, 52: 0 },
  },
  {
    alert: 'EventLoopLag',
    says: 'fires for one stall of over a second, and falls',
    series: { [lag('max')]: joined(flat(0.02, 20), flat(1.2, 2), flat(0.02, 40)) },
    firing: { 18: 0, 20: 1, 32: 1, 40: 0 },
  },
  {
    alert: 'EventLoopLag',
    says: 'is quiet at 100 ms, and for a stall of a second',
    series: { [lag('p99')]: flat(0.1, 60), [lag('max')]: flat(1, 60) },
    firing: { 50: 0 },
  },
  {
    alert: 'EventLoopLag',
    says: 'is quiet for what a start takes',
    series: {
      [lag('p99')]: joined(gone(20), flat(0.12, 4), flat(0.02, 40)),
      [server('process_start_time_seconds', 'ws-1')]: joined(gone(20), flat(18, 44)),
    },
    firing: { 20: 0, 22: 0, 30: 0, 60: 0 },
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
    says: 'is quiet for what is given back within a minute',
    series: {
      [memory]: joined(flat(300e6, minutes(11)), flat(460e6, 50), flat(300e6, minutes(2))),
      [connections('ws-1')]: flat(100, minutes(13)),
    },
    firing: { 662: 0, 700: 0, 712: 0, 740: 0 },
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
    says: 'fires 6 s after the first retry, also when its counter appears with it, and falls',
    series: {
      [retries]: joined(gone(20), flat(2, 100)),
      [ws2]: flat(1, 120),
    },
    firing: { 18: 0, 24: 0, 26: 1, 46: 1, 60: 0 },
  },
  {
    alert: 'UpstreamFailover',
    says: 'fires when its counter grows, and falls',
    series: { [retries]: joined(flat(4, 60), flat(6, 100)) },
    firing: { 58: 0, 64: 0, 68: 1, 86: 1, 100: 0 },
  },
  {
    alert: 'UpstreamFailover',
    says: 'is quiet for a server that is down, and after it is back',
    series: {
      [retries]: joined(flat(4, 60), climb(6, 1, 20), flat(26, 60)),
      [ws2]: joined(flat(1, 62), flat(0, 20), flat(1, 58)),
    },
    firing: { 68: 0, 80: 0, 90: 0, 112: 0 },
  },
  {
    alert: 'UpstreamFailover',
    says: 'fires for one server while another is down',
    series: {
      [retries]: joined(flat(4, 60), flat(6, 100)),
      [ws2]: flat(1, 160),
      [ws1]: joined(flat(1, 60), flat(0, 100)),
    },
    firing: { 58: 0, 68: 1, 86: 1, 100: 0 },
  },
  {
    alert: 'UpstreamFailover',
    says: 'is quiet when the counter stands, or begins again at 0',
    series: { [retries]: joined(flat(4, 60), flat(0, 60)) },
    firing: { 50: 0, 62: 0, 70: 0, 100: 0 },
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
    says: 'is quiet for what is above 1 % for 4 s only',
    series: soonDiluted(run('rtops_client_sent_total'), run('rtops_client_late_sends_total'), 15),
    firing: { 60: 0, 62: 0, 64: 0, 90: 0 },
  },
  {
    alert: 'GeneratorSaturated',
    says: 'is quiet just below',
    series: {
      [run('rtops_client_sent_total')]: climb(0, 100, 180),
      [run('rtops_client_late_sends_total')]: middleMinute(100, 0.009),
    },
    firing: { 60: 0, 88: 0 },
  },
  {
    alert: 'GeneratorSaturated',
    says: 'is quiet below one send a second',
    series: {
      [run('rtops_client_sent_total')]: climb(0, 0.9, 120),
      [run('rtops_client_late_sends_total')]: climb(0, 0.5, 120),
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
    says: 'is quiet for slow scrapes within 20 s',
    series: {
      [`scrape_duration_seconds{job="rtops-server", ${at('ws-1')}}`]: joined(
        flat(0.01, 40),
        flat(1.5, 20),
        flat(0.01, 40),
      ),
      [ws1]: flat(1, 100),
    },
    firing: { 54: 0, 56: 0, 58: 0, 60: 0, 70: 0 },
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
    says: 'fires when its counter grows, and falls',
    series: { [failed]: joined(flat(5, 320), flat(6, 400)) },
    firing: { 318: 0, 322: 1, 600: 1, 640: 0 },
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
    says: 'is quiet for what failed before who tells it began anew, and is not for what fails later',
    series: {
      [failed]: joined(flat(1, 20), flat(6, 20), flat(0, 380), flat(3, 60)),
      'process_start_time_seconds{job="alertmanager"}': joined(flat(7, 30), flat(40, 450)),
    },
    firing: { 22: 1, 44: 0, 200: 0, 430: 1 },
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
