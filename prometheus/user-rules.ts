/** Rules about what users feel: errors, losses, latency, being thrown off. */
import { exporterMetrics, runMetrics, serverMetrics } from '../server/metric-contract.ts';
import { alertDashboards, grew, leMatcher, ratePerTopology, shareAbove } from './alert-rule.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertSettings } from './alert-settings.ts';

/** Share of messages that may be slow: p95 is the objective of every shipped threshold. */
const slowBudget = 0.05;

/** In the order of docs/alerts.md. */
export function userRules(settings: AlertSettings): readonly AlertRule[] {
  const cameBack = `sum by (topology) (increase(${serverMetrics.eventsSent.name}{event="chat:resumed"}[30s]))`;
  const now = `sum by (topology) (${serverMetrics.connections.name})`;
  const before = `sum by (topology) (${serverMetrics.connections.name} offset 30s)`;
  const perServer = `sum by (topology, instance) (${serverMetrics.connections.name} and on (topology, instance) ${serverMetrics.info.name}{role!="api"})`;
  return [
    ...errorRateHigh(),
    {
      alert: 'DeliveryLoss',
      expr: grew(runMetrics.missing.name, '1m'),
      forSec: 0,
      severity: 'critical',
      summary: 'messages are missing at their recipients',
      description:
        '{{ $value | printf "%.0f" }} message(s) of {{ $labels.topology }} did not come over an unbroken connection within a minute. What was lost for good is said by the report of the run.',
      dashboard: alertDashboards.overview,
    },
    ...latencySlo(settings.slowAfterSec),
    {
      alert: 'ReconnectStorm',
      // Who comes back says so in its handshake, so a ramp is none. A share of the most there were:
      // all may have left since, or just have come.
      expr: [
        `${cameBack}`,
        `> 0.2 * (${now} > ${before} or ${before} or ${now})`,
        `and ${cameBack} > 10`,
      ].join('\n'),
      forSec: 0,
      severity: 'warning',
      summary: 'users of {{ $labels.topology }} reconnect in numbers',
      description:
        '{{ $value | printf "%.0f" }} users of {{ $labels.topology }} had come back within 30 s when this began: over a fifth of those who were in.',
      dashboard: alertDashboards.sockets,
    },
    {
      alert: 'ConnectionSkew',
      expr: [
        `max by (topology) (${perServer})`,
        `/ avg by (topology) (${perServer}) > 1.5`,
        `and ${now} >= 100`,
      ].join('\n'),
      forSec: 60,
      severity: 'warning',
      summary: 'connections of {{ $labels.topology }} are uneven',
      description:
        'The fullest chat server of {{ $labels.topology }} has {{ $value | printf "%.1f" }} times the mean of all: what is left after a restart, or a balance that does not balance.',
      dashboard: alertDashboards.sockets,
    },
    {
      alert: 'ConnectionsHigh',
      expr: `${now} > ${settings.connections}`,
      forSec: 10,
      severity: 'warning',
      summary: '{{ $labels.topology }} has over ' + `${settings.connections} connections`,
      description: `{{ $value | printf "%.0f" }} connections to {{ $labels.topology }}; told from ${settings.connections} on (topology setting alerts.connections).`,
      dashboard: alertDashboards.sockets,
    },
  ];
}

/** Refused by a store that did not answer, and HTTP 5xx as nginx saw it, or the servers. */
function errorRateHigh(): readonly AlertRule[] {
  const acks = ratePerTopology(`${serverMetrics.eventSeconds.name}_count`, '30s');
  const unavailable = ratePerTopology(`${serverMetrics.refusals.name}{code="UNAVAILABLE"}`, '30s');
  const http = (counter: string): string =>
    shareAbove(
      ratePerTopology(`${counter}{status_class="5xx"}`, '30s'),
      ratePerTopology(`${counter}{status_class!="1xx"}`, '30s'),
      0.01,
    );
  const shared = { forSec: 5, severity: 'critical', dashboard: alertDashboards.overview } as const;
  return [
    {
      alert: 'ErrorRateHigh',
      ...shared,
      labels: { of: 'chat' },
      expr: shareAbove(unavailable, acks, 0.01),
      summary: 'chat of {{ $labels.topology }} refuses messages',
      description:
        '{{ $value | humanizePercentage }} of the events of {{ $labels.topology }} were answered UNAVAILABLE: the store does not answer.',
    },
    {
      alert: 'ErrorRateHigh',
      ...shared,
      labels: { of: 'http' },
      expr: `(${http(exporterMetrics.lbRequests.name)})\nor\n(${http(`${serverMetrics.httpSeconds.name}_count`)})`,
      summary: 'HTTP of {{ $labels.topology }} fails',
      description:
        '{{ $value | humanizePercentage }} of the HTTP requests to {{ $labels.topology }} were answered 5xx.',
    },
  ];
}

/**
 * Burn rates over two windows each, so that it fires soon and falls soon (the multiwindow form of
 * Google's SRE workbook, its hours shortened to the minutes of a launch): fast is six times the
 * budget, slow is twice.
 */
function latencySlo(slowAfterSec: number): readonly AlertRule[] {
  const millis = Math.round(slowAfterSec * 1000);
  const sources = [
    {
      of: 'client',
      histogram: runMetrics.deliverySeconds.name,
      by: '',
      what: 'deliveries, as users saw them,',
    },
    {
      of: 'server',
      histogram: serverMetrics.eventSeconds.name,
      by: 'event="chat:send-message"',
      what: 'messages, as the servers saw them,',
    },
  ] as const;
  const burns = [
    {
      burn: 'fast',
      times: 6,
      long: '1m',
      short: '15s',
      now: '15s',
      forSec: 0,
      severity: 'critical',
    },
    // Only under load that lasts: a run of a minute is not judged by windows it does not fill.
    {
      burn: 'slow',
      times: 2,
      long: '30m',
      short: '5m',
      now: '1m',
      forSec: 300,
      severity: 'warning',
    },
  ] as const;
  return sources.flatMap(({ of, histogram, by, what }) =>
    burns.map(({ burn, times, long, short, now, forSec, severity }): AlertRule => {
      const within = [by, leMatcher(slowAfterSec)].filter((part) => part !== '').join(', ');
      const slow = (window: string): string => {
        const all = ratePerTopology(`${histogram}_count{${by}}`.replace('{}', ''), window);
        const soon = ratePerTopology(`${histogram}_bucket{${within}}`, window);
        return `(1 - ${soon} / ${all}) > ${roundShare(times * slowBudget)}`;
      };
      const traffic = ratePerTopology(`${histogram}_count{${by}}`.replace('{}', ''), now);
      return {
        alert: 'LatencySLO',
        expr: `${slow(long)}\nand ${slow(short)}\nand ${traffic} > 1`,
        forSec,
        severity,
        labels: { of, burn },
        summary: `${of === 'client' ? 'users' : 'servers'} of {{ $labels.topology }} see slow messages`,
        description: `{{ $value | humanizePercentage }} of ${what} took over ${millis} ms within ${long}; ${slowBudget * 100} % may.`,
        dashboard: alertDashboards.overview,
      };
    }),
  );
}

function roundShare(share: number): number {
  return Math.round(share * 1000) / 1000;
}
