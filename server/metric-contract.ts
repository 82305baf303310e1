/**
 * Every metric rtops exposes: what the server, a running bench and the exporter say, and what
 * dashboards, alert rules and docs may ask for. Seconds and bytes; counters end in `_total`.
 * A label has a closed list of values, or a stated bound: cardinality is decided here.
 */

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** Who exposes it: the Prometheus job of the target. */
export type MetricJob = 'rtops-server' | 'rtops-run' | 'rtops-exporter';

/** A closed list of values, or the most values there can be and what they are. */
export type LabelRule =
  | { readonly values: readonly string[] }
  | { readonly atMost: number; readonly what: string };

export type MetricFamily = {
  readonly name: string;
  readonly kind: MetricKind;
  readonly job: MetricJob;
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'per second' | 'count' | 'flag';
  /** One sentence: what it counts, and what it is for. */
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelRule>>;
  /** Upper bounds in seconds; histograms only. */
  readonly buckets?: readonly number[];
  /** Why it may have no series, or only zeros, on a healthy system; absent: it never does. */
  readonly emptyWhen?: string;
};

/**
 * From what a LAN's WebSocket takes up to a lost connection; every shipped threshold lies on a
 * bound (30 ms, 150 ms, 500 ms, 2 s, 5 s), so that a share below it is exact.
 */
export const latencyBuckets = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25,
  0.5, 1, 2, 5, 15,
] as const;

const node = { atMost: 64, what: 'service names of the topology' } as const;
const scenario = { atMost: 1, what: 'the scenario of the run' } as const;

/** Socket.IO's own reasons; what is not among them counts as `other`. */
export const disconnectReasons = [
  'transport close',
  'transport error',
  'ping timeout',
  'parse error',
  'forced close',
  'server shutting down',
  'client namespace disconnect',
  'server namespace disconnect',
  'other',
] as const;

/** Events of the wire (contract.ts) by which the server counts; what is not among them is `other`. */
export const countedEvents = [
  'chat:join-room',
  'chat:leave-room',
  'chat:send-message',
  'chat:history',
  'chat:delete-message',
  'chat:whoami',
  'chat:presence',
  'chat:message',
  'chat:head',
  'chat:resumed',
  'chat:removed',
  'server:draining',
  'other',
] as const;

const event = { values: countedEvents } as const;
const statusClass = { values: ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] } as const;

const server = family('rtops-server');
const run = family('rtops-run');
const exporter = family('rtops-exporter');

export const serverMetrics = {
  info: server('rtops_server_info', 'gauge', 'flag', 'Always 1; who this process is.', {
    node,
    role: { values: ['all', 'api', 'ws'] },
    version: { atMost: 2, what: 'versions of rtops that run at once' },
  }),
  connections: server(
    'rtops_server_connections',
    'gauge',
    'count',
    'Connections to the chat now.',
    {
      transport: { values: ['websocket', 'polling'] },
    },
  ),
  connectionsOpened: server(
    'rtops_server_connections_opened_total',
    'counter',
    'count',
    'Connections that got in.',
  ),
  disconnections: server(
    'rtops_server_disconnections_total',
    'counter',
    'count',
    'Connections that ended, by the reason Socket.IO gives.',
    { reason: { values: disconnectReasons } },
  ),
  connectionErrors: server(
    'rtops_server_connection_errors_total',
    'counter',
    'count',
    'Connections that were refused, by Engine.IO error code; 4 is ours (origin, limit, draining).',
    { code: { values: ['0', '1', '2', '3', '4', '5', 'other'] } },
  ),
  transportUpgrades: server(
    'rtops_server_transport_upgrades_total',
    'counter',
    'count',
    'Connections that went from polling to WebSocket.',
  ),
  eventsReceived: server(
    'rtops_server_events_received_total',
    'counter',
    'count',
    'Events from clients.',
    { event },
  ),
  eventsSent: server(
    'rtops_server_events_sent_total',
    'counter',
    'count',
    'Events written to clients, one for each recipient.',
    { event },
  ),
  sentBytes: server(
    'rtops_server_sent_bytes_total',
    'counter',
    'bytes',
    'Bytes of broadcast frames written to clients.',
  ),
  eventSeconds: server(
    'rtops_server_event_duration_seconds',
    'histogram',
    'seconds',
    'From the arrival of an event to its ack.',
    { event, outcome: { values: ['ok', 'error'] } },
  ),
  refusals: server(
    'rtops_server_refusals_total',
    'counter',
    'count',
    'Acks that said no, by code; UNAVAILABLE is a store that did not answer.',
    {
      code: {
        values: ['BAD_REQUEST', 'FORBIDDEN', 'NOT_FOUND', 'RATE_LIMITED', 'UNAVAILABLE'],
      },
    },
  ),
  broadcastSeconds: server(
    'rtops_server_broadcast_duration_seconds',
    'histogram',
    'seconds',
    'Writing one message to the members of its room on this node.',
  ),
  adapterLagSeconds: server(
    'rtops_server_adapter_lag_seconds',
    'histogram',
    'seconds',
    'From the storing node taking a message to its arrival here over Redis, on one host clock.',
  ),
  adapterErrors: server(
    'rtops_server_adapter_errors_total',
    'counter',
    'count',
    'Requests to Redis that failed or were not answered in time.',
  ),
  pingRttSeconds: server(
    'rtops_server_ping_rtt_seconds',
    'histogram',
    'seconds',
    'From an Engine.IO ping to its pong.',
    {},
    'a pingInterval has not passed since the first connection',
  ),
  sendBufferBytes: server(
    'rtops_server_send_buffer_bytes',
    'gauge',
    'bytes',
    'Bytes queued for clients that read slowly, over all connections.',
  ),
  slowClientsClosed: server(
    'rtops_server_slow_clients_closed_total',
    'counter',
    'count',
    'Connections closed because their client stopped reading.',
  ),
  httpSeconds: server(
    'rtops_server_http_request_seconds',
    'histogram',
    'seconds',
    'Duration of HTTP requests.',
    {
      method: { values: ['GET', 'POST', 'DELETE', 'OPTIONS', 'other'] },
      route: { atMost: 16, what: 'route patterns, never paths' },
      status_class: statusClass,
    },
  ),
  eventLoopLagSeconds: server(
    'rtops_server_event_loop_lag_seconds',
    'gauge',
    'seconds',
    'How late the event loop was since the previous scrape.',
    { quantile: { values: ['0.5', '0.99', '1'] } },
  ),
  redisUp: server('rtops_server_redis_up', 'gauge', 'flag', 'Whether Redis answers this node.'),
  draining: server('rtops_server_draining', 'gauge', 'flag', '1 from SIGTERM on.'),
} as const;

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
  faultActive: run('rtops_fault_active', 'gauge', 'flag', '1 while a fault is in place, else 0.', {
    kind: { atMost: 20, what: 'kinds of faults' },
    target: node,
  }),
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

/** What the exporter reads of nginx's log, of the supervisor and of /proc. */
export const exporterMetrics = {
  lbRequests: exporter(
    'rtops_lb_requests_total',
    'counter',
    'count',
    'Requests nginx answered, by the upstream that gave the last answer. A WebSocket counts when it ends.',
    { upstream: node, status_class: statusClass },
  ),
  lbRequestSeconds: exporter(
    'rtops_lb_request_seconds',
    'histogram',
    'seconds',
    'Time of nginx for HTTP requests (WebSockets and long polls left out).',
    { upstream: node },
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
    'Attempts at an upstream that failed, after which nginx tried another or gave up.',
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
    'TCP connections between nginx and the upstream now.',
    { upstream: node },
  ),
  lbLogLines: exporter(
    'rtops_lb_log_lines_total',
    'counter',
    'count',
    'Lines of nginx’s access log that were read, by way.',
    { source: { values: ['syslog', 'file', 'unreadable'] } },
  ),
  serviceUp: exporter(
    'rtops_service_up',
    'gauge',
    'flag',
    '1 while the supervisor sees the service ready.',
    { service: node, kind: { atMost: 8, what: 'kinds of services' } },
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

function family(job: MetricJob) {
  return (
    name: string,
    kind: MetricKind,
    unit: MetricFamily['unit'],
    help: string,
    labels: Readonly<Record<string, LabelRule>> = {},
    emptyWhen?: string,
  ): MetricFamily => ({
    name,
    kind,
    job,
    unit,
    help,
    labels,
    ...(kind === 'histogram' ? { buckets: latencyBuckets } : {}),
    ...(emptyWhen === undefined ? {} : { emptyWhen }),
  });
}
