import { exporterMetrics } from '../server/metric-contract.ts';
import type { DashboardSpec } from './build-dashboard.ts';
import { foreign } from './foreign-metrics.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { max, orZero, quantile, rate, ratio, sum } from './promql.ts';
import { targets } from './targets.ts';

const notRead = 'nginx’s status was not read: a topology without nginx, or one without monitoring.';
const noLines = 'No request has ended within this time; a WebSocket is logged when it ends.';
const needs = ['nginx'] as const;
const by = ['upstream'];
const legend = '{{upstream}}';

const front: RowSpec = {
  title: 'At the door',
  panels: alike({ ...plainLines, needs, whyEmpty: notRead, width: 6 }, [
    {
      title: 'nginx',
      description: 'Whether its status page answers.',
      view: {
        kind: 'timeline',
        states: { 0: { text: 'down', color: 'red' }, 1: { text: 'up', color: 'green' } },
      },
      unit: 'bool',
      queries: [
        { expr: max(foreign.nginx('nginx_up'), { by: ['instance'] }), legend: '{{instance}}' },
      ],
      width: 12,
      height: 4,
    },
    {
      title: 'Connections at the peak',
      description: 'The most connections of clients at once, WebSockets included.',
      view: { kind: 'stat', figure: 'highest' },
      unit: 'short',
      queries: [{ expr: sum(foreign.nginx('nginx_connections_active')), legend: 'connections' }],
      width: 12,
      height: 4,
    },
    {
      title: 'Connections by state',
      description: 'Of clients. Open WebSockets count as writing.',
      view: { kind: 'stacked' },
      unit: 'short',
      queries: [
        {
          expr: sum(foreign.nginx('nginx_connections_reading')),
          legend: 'reading',
          mayBeZero: true,
        },
        { expr: sum(foreign.nginx('nginx_connections_writing')), legend: 'writing' },
        {
          expr: sum(foreign.nginx('nginx_connections_waiting')),
          legend: 'waiting',
          mayBeZero: true,
        },
      ],
    },
    {
      title: 'Requests',
      description: 'That nginx began to handle, a second.',
      unit: 'reqps',
      queries: [{ expr: rate(foreign.nginx('nginx_http_requests_total')), legend: 'requests' }],
    },
    {
      title: 'Connections accepted and dropped',
      description: 'Dropped: accepted, but not handled, because nginx was out of connections.',
      unit: 'cps',
      queries: [
        { expr: rate(foreign.nginx('nginx_connections_accepted')), legend: 'accepted' },
        {
          expr: `${rate(foreign.nginx('nginx_connections_accepted'))} - ${rate(foreign.nginx('nginx_connections_handled'))}`,
          legend: 'dropped',
          mayBeZero: true,
        },
      ],
    },
    {
      title: 'CPU of nginx',
      description: 'Cores that all its workers together use.',
      unit: 'cores',
      queries: [
        {
          expr: rate(exporterMetrics.serviceCpuSeconds, { where: ['service="nginx"'] }),
          legend: 'cores',
        },
      ],
    },
  ]),
};

const upstreams: RowSpec = {
  title: 'Upstreams',
  panels: alike({ ...plainLines, needs, whyEmpty: noLines }, [
    {
      title: 'Requests by upstream',
      description:
        'By the upstream that gave the last answer: the share each takes. A WebSocket counts when it ends, so a dead server shows those it had; what is open now is below.',
      view: { kind: 'stacked' },
      unit: 'reqps',
      queries: [{ expr: rate(exporterMetrics.lbRequests, { by }), legend }],
    },
    {
      title: 'Requests by status',
      description:
        '101 (a WebSocket that ended) is 1xx; 5xx is an upstream that failed, or none left.',
      view: { kind: 'stacked' },
      unit: 'reqps',
      queries: [
        {
          expr: rate(exporterMetrics.lbRequests, { by: ['status_class'] }),
          legend: '{{status_class}}',
        },
      ],
    },
    {
      title: 'Share of 5xx',
      description: 'Answers that were nobody’s fault but ours.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            orZero(
              rate(exporterMetrics.lbRequests, { where: ['status_class="5xx"'] }),
              rate(exporterMetrics.lbRequests),
            ),
            rate(exporterMetrics.lbRequests),
          ),
          legend: '5xx',
        },
      ],
      expect: 'data',
      target: { atMost: targets.errorShare },
    },
    {
      title: 'Request time by upstream',
      description: 'The chosen quantile of HTTP requests; WebSockets and long polls left out.',
      unit: 's',
      queries: [{ expr: quantile(exporterMetrics.lbRequestSeconds, { by }), legend }],
      needs: ['nginx', 'http'],
      whyEmpty: 'No HTTP request has ended within this time.',
      target: { atMost: targets.httpP95Sec },
    },
    {
      title: 'Time to the first header by upstream',
      description:
        'The chosen quantile. A WebSocket’s handshake is known when it ends: a dead server shows old ones.',
      unit: 's',
      queries: [{ expr: quantile(exporterMetrics.lbHeaderSeconds, { by }), legend }],
    },
    {
      title: 'Retries by upstream that failed',
      description: 'Attempts that failed, after which nginx tried another or gave up.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(exporterMetrics.lbRetries, { by }), legend }],
      expect: 'failover-only',
      whyEmpty: 'No upstream failed.',
    },
    {
      title: 'Open sockets by upstream',
      description: 'TCP connections between nginx and each upstream: nearly all are WebSockets.',
      view: { kind: 'stacked' },
      unit: 'short',
      queries: [{ expr: sum(exporterMetrics.lbOpenSockets, { by }), legend }],
      whyEmpty: 'Nobody is connected, or this is not Linux.',
    },
    {
      title: 'WebSockets that ended',
      description: 'By the upstream they were on.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(exporterMetrics.lbWebSocketsClosed, { by }), legend }],
      expect: 'data',
    },
    {
      title: 'Lines of the access log',
      description:
        'Read from the file and by syslog. The two apart: syslog lost datagrams. Unreadable: a line was cut.',
      unit: 'cps',
      queries: [
        { expr: rate(exporterMetrics.lbLogLines, { by: ['source'] }), legend: '{{source}}' },
      ],
    },
  ]),
};

/** The load balancer. */
export const nginx: DashboardSpec = {
  uid: 'rtops-nginx',
  title: 'rtops: nginx',
  description: 'Who gets the traffic, what failed over, and is the proxy itself the limit?',
  variables: ['topology', 'quantile'],
  rows: [front, upstreams],
};
