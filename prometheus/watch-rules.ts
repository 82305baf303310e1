/** Rules about those who watch: scrapes, rules, notifications. */
import { serverMetrics } from '../server/metric-contract.ts';
import { alertDashboards, grew } from './alert-rule.ts';
import type { AlertRule } from './alert-rule.ts';

const dashboard = alertDashboards.overview;

/** In the order of docs/alerts.md. */
export const watchRules: readonly AlertRule[] = [
  {
    alert: 'ExporterDown',
    expr: `up{job="rtops-exporter"} == 0\nor\n(up{job="redis"} == 0 unless on (topology) (${serverMetrics.redisUp.name} == 0))`,
    forSec: 15,
    severity: 'warning',
    summary: 'the exporter of {{ $labels.job }} is down',
    description:
      'What {{ $labels.job }} would say of {{ $labels.topology }} has not been heard for 15 s; what it watches may be well.',
    dashboard,
  },
  {
    alert: 'ScrapeSlow',
    // The least of them: the two seconds of each scrape of a target that was down are not slow.
    expr: 'min_over_time(scrape_duration_seconds[15s]) > 1 and up == 1',
    forSec: 10,
    severity: 'warning',
    summary: 'scrapes of {{ $labels.instance }} are slow',
    description:
      'A scrape of {{ $labels.instance }} takes {{ $value | humanizeDuration }} of the 2 s there are between two: soon there are gaps.',
    dashboard,
  },
  {
    alert: 'RuleEvalFailing',
    expr: [
      'increase(prometheus_rule_evaluation_failures_total[1m]) > 0',
      'increase(prometheus_rule_group_iterations_missed_total[1m]) > 5',
    ].join('\nor\n'),
    forSec: 0,
    severity: 'warning',
    summary: 'alert rules are not evaluated',
    description:
      '{{ $value | printf "%.0f" }} evaluations of {{ $labels.rule_group }} failed or were left out within a minute: alerts may be missing.',
    dashboard,
  },
  {
    alert: 'NotificationsFailing',
    // Not of who began anew within the window: what failed before may be mended, and Prometheus drops
    // what fires in its first seconds, for it knows of no Alertmanager yet.
    expr: `(${[
      grew('alertmanager_notifications_failed_total', '5m'),
      'increase(prometheus_notifications_dropped_total[5m]) > 0',
    ].join('\nor\n')})\nunless on (job) changes(process_start_time_seconds[5m]) > 0`,
    forSec: 0,
    severity: 'critical',
    summary: 'notifications do not arrive',
    description:
      '{{ $value | printf "%.0f" }} notification(s) failed within 5 minutes{{ with $labels.integration }} at {{ . }}{{ end }}. Next: rtops alerts test',
    dashboard,
  },
  {
    alert: 'Watchdog',
    expr: 'vector(1)',
    forSec: 0,
    severity: 'none',
    summary: 'alerting works',
    description: 'Always fires: when it is not there, Prometheus or its rules are not.',
    dashboard,
  },
];
