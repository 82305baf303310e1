/**
 * Every metric rtops exposes: what the server, a running bench and the exporter say, and what
 * dashboards, alert rules and docs may ask for. Seconds and bytes; counters end in `_total`.
 * A label has a closed list of values, or a stated bound: cardinality is decided here.
 */

import { family, node, statusClass, type MetricFamily } from './metric-family.ts';
import { serverMetrics } from './server-metrics.ts';

export type { LabelRule, MetricFamily, MetricJob } from './metric-family.ts';
export { latencyBuckets, seriesLimit } from './metric-family.ts';
export { serverMetrics } from './server-metrics.ts';

const scenario = { atMost: 1, what: 'the scenario of the run' } as const;
const run = family('rtops-run');
const exporter = family('rtops-exporter');

/** What users saw: exposed by a run, live, while it runs. */
export const runMetrics = {
  info: run('rtops_run_info', 'gauge', 'flag', 'Always 1; which run this is.', {
    run: { atMost: 1, what: 'the id of the run' },
    scenario,
    topology: { atMost: 1, what: 'the topology of the run' },
    git: { atMost: 1, what: 'the commit of the folder it was started in, or none' },
  }),
  phase: run('rtops_phase', 'gauge', 'flag', '1 for the phase the run is in, else 0.', {
    phase: { values: ['ramp', 'hold', 'drain'] },
  }),
  faultActive: run(
    'rtops_fault_active',
    'gauge',
    'flag',
    '1 while a fault is in place, else 0.',
    { kind: { atMost: 20, what: 'kinds of faults' }, target: node },
    'the run has no faults',
  ),
  connectSeconds: run(
    'rtops_client_connect_seconds',
    'histogram',
    'seconds',
    'From a connection being due to being let in.',
    { scenario },
  ),
  ackSeconds: run(
    'rtops_client_ack_seconds',
    'histogram',
    'seconds',
    'From a message being due to its ack.',
    { scenario },
  ),
  deliverySeconds: run(
    'rtops_client_delivery_seconds',
    'histogram',
    'seconds',
    'From a message being due to its arrival at a recipient.',
    { scenario },
  ),
  httpSeconds: run(
    'rtops_client_http_seconds',
    'histogram',
    'seconds',
    'From an HTTP request being due to its answer.',
    { scenario },
    'the scenario has no HTTP load',
  ),
  resumeSeconds: run(
    'rtops_client_resume_seconds',
    'histogram',
    'seconds',
    'From a connection being lost to the user being back with all it missed.',
    { scenario },
    'nobody was thrown off',
  ),
  sent: run('rtops_client_sent_total', 'counter', 'count', 'Messages that left.', { scenario }),
  acked: run('rtops_client_acked_total', 'counter', 'count', 'Messages that were acknowledged.', {
    scenario,
  }),
  refused: run(
    'rtops_client_refused_total',
    'counter',
    'count',
    'Messages that were refused.',
    { scenario },
    'no message was refused',
  ),
  delivered: run(
    'rtops_client_delivered_total',
    'counter',
    'count',
    'Deliveries seen on the wire.',
    {
      scenario,
    },
  ),
  missing: run(
    'rtops_client_missing_total',
    'counter',
    'count',
    'Holes in a room’s numbering on an unbroken connection, as users saw them. Final counts are the report’s.',
    { scenario },
    'nothing was missing',
  ),
  duplicate: run(
    'rtops_client_duplicate_total',
    'counter',
    'count',
    'Deliveries that came a second time.',
    { scenario },
    'nothing came twice',
  ),
  outOfOrder: run(
    'rtops_client_out_of_order_total',
    'counter',
    'count',
    'Deliveries below one already seen in their room.',
    { scenario },
    'everything came in order',
  ),
  errors: run(
    'rtops_client_errors_total',
    'counter',
    'count',
    'What went wrong for users.',
    { scenario, kind: { values: ['connect', 'send', 'http'] } },
    'nothing went wrong',
  ),
  reconnects: run(
    'rtops_client_reconnects_total',
    'counter',
    'count',
    'Users that came back after a lost connection.',
    { scenario },
    'nobody was thrown off',
  ),
  targetRate: run(
    'rtops_client_target_rate',
    'gauge',
    'per second',
    'Messages a second that the scenario asks for now.',
    { scenario },
  ),
  actualRate: run(
    'rtops_client_actual_rate',
    'gauge',
    'per second',
    'Messages that left in the last second.',
    { scenario },
  ),
  targetUsers: run(
    'rtops_client_target_users',
    'gauge',
    'count',
    'Users that the scenario asks for now.',
    { scenario },
  ),
  activeUsers: run('rtops_client_active_users', 'gauge', 'count', 'Users that are connected.', {
    scenario,
  }),
  lateSends: run(
    'rtops_client_late_sends_total',
    'counter',
    'count',
    'Sends that left more than 50 ms late: above 1 % the run proves nothing.',
    { scenario },
  ),
  eventLoopLagSeconds: run(
    'rtops_client_eventloop_lag_seconds',
    'gauge',
    'seconds',
    'The worst event-loop lag of a load worker in the last second.',
    { scenario },
  ),
  cpuCores: run(
    'rtops_client_cpu_cores',
    'gauge',
    'ratio',
    'CPU of all load workers; 1 is one core.',
    { scenario },
  ),
} as const;

const upstream = {
  atMost: 65,
  what: 'service names of the topology, and none for what nginx answered by itself',
} as const;

/** What the exporter reads of nginx's log, of the supervisor and of /proc. */
export const exporterMetrics = {
  lbRequests: exporter(
    'rtops_lb_requests_total',
    'counter',
    'count',
    'Requests nginx answered, by the upstream that gave the last answer. A WebSocket counts when it ends.',
    { upstream, status_class: statusClass },
  ),
  lbRequestSeconds: exporter(
    'rtops_lb_request_seconds',
    'histogram',
    'seconds',
    'Time of nginx for HTTP requests (WebSockets and long polls left out).',
    { upstream },
  ),
  lbHeaderSeconds: exporter(
    'rtops_lb_upstream_header_seconds',
    'histogram',
    'seconds',
    'Time to the upstream’s first header: for a WebSocket its handshake, known when it ends.',
    { upstream: node },
  ),
  lbRetries: exporter(
    'rtops_lb_retries_total',
    'counter',
    'count',
    'Attempts at an upstream that failed, after which nginx tried another or gave up; from its error log, at once.',
    { upstream: node },
    'no upstream failed',
  ),
  lbWebSocketsClosed: exporter(
    'rtops_lb_websockets_closed_total',
    'counter',
    'count',
    'WebSockets that ended.',
    { upstream: node },
  ),
  lbOpenSockets: exporter(
    'rtops_lb_open_sockets',
    'gauge',
    'count',
    'TCP connections between nginx and the upstream now; with tens of thousands, some seconds ago.',
    { upstream: node },
  ),
  lbLogLines: exporter(
    'rtops_lb_log_lines_total',
    'counter',
    'count',
    'Lines of nginx’s access log that were read, by way; what syslog lacks against the file was lost on its way.',
    { source: { values: ['syslog', 'file', 'unreadable'] } },
  ),
  serviceUp: exporter(
    'rtops_service_up',
    'gauge',
    'flag',
    '1 while the supervisor sees the service ready.',
    { service: node, kind: { atMost: 12, what: 'kinds of services' } },
  ),
  serviceRestarts: exporter(
    'rtops_service_restarts_total',
    'counter',
    'count',
    'Times the supervisor started a service again.',
    { service: node },
    'nothing was restarted',
  ),
  serviceCpuSeconds: exporter(
    'rtops_service_cpu_seconds_total',
    'counter',
    'seconds',
    'CPU of all processes of a service.',
    { service: node },
  ),
  serviceResidentBytes: exporter(
    'rtops_service_resident_bytes',
    'gauge',
    'bytes',
    'Resident memory of all processes of a service.',
    { service: node },
  ),
} as const;

/** All of them, in the order they are documented. */
export const metricFamilies: readonly MetricFamily[] = [
  ...Object.values(serverMetrics),
  ...Object.values(runMetrics),
  ...Object.values(exporterMetrics),
];
