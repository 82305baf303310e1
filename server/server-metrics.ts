/** What a server says about itself, and the lists of values its labels take. */
import { family, node, statusClass, type MetricFamily, type ServerPart } from './metric-family.ts';

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

/** Events that clients send (contract.ts); what is not among them counts as `other`. */
export const clientEvents = [
  'chat:join-room',
  'chat:leave-room',
  'chat:send-message',
  'chat:history',
  'chat:delete-message',
  'chat:whoami',
  'chat:presence',
  'other',
] as const;

/** Events that servers send (contract.ts). */
export const serverEvents = [
  'chat:message',
  'chat:head',
  'chat:resumed',
  'chat:removed',
  'server:draining',
  'other',
] as const;

/** 0 to 5 are Engine.IO's (1 is a session this node does not know); the words are ours. */
export const connectionErrorCodes = [
  '0',
  '1',
  '2',
  '3',
  '4',
  '5',
  'origin',
  'full',
  'draining',
  'token',
  'other',
] as const;

/** Why an ack may say no (contract.ts, `RefusalCode`). */
export const refusalCodes = [
  'BAD_REQUEST',
  'FORBIDDEN',
  'NOT_FOUND',
  'RATE_LIMITED',
  'UNAVAILABLE',
] as const;

const server = family('rtops-server');

export const serverMetrics = {
  info: server('rtops_server_info', 'gauge', 'flag', 'Always 1; who this process is.', {
    node,
    role: { values: ['all', 'api', 'ws'] },
    version: { atMost: 2, what: 'versions of rtops that run at once' },
  }),
  connections: of(
    ['chat'],
    server('rtops_server_connections', 'gauge', 'count', 'Connections to the chat now.', {
      transport: { values: ['websocket', 'polling'] },
    }),
  ),
  connectionsOpened: of(
    ['chat'],
    server(
      'rtops_server_connections_opened_total',
      'counter',
      'count',
      'Connections that got in.',
      {},
      'nobody has connected yet',
    ),
  ),
  disconnections: of(
    ['chat'],
    server(
      'rtops_server_disconnections_total',
      'counter',
      'count',
      'Connections that ended, by the reason Socket.IO gives.',
      { reason: { values: disconnectReasons } },
      'nobody has left yet',
    ),
  ),
  connectionErrors: of(
    ['chat'],
    server(
      'rtops_server_connection_errors_total',
      'counter',
      'count',
      'Connections that were refused: by Engine.IO’s error code, or for their origin, their token, a full or a draining node.',
      { code: { values: connectionErrorCodes } },
      'nobody was refused',
    ),
  ),
  transportUpgrades: of(
    ['chat'],
    server(
      'rtops_server_transport_upgrades_total',
      'counter',
      'count',
      'Connections that went from polling to WebSocket.',
      {},
      'all clients start with a WebSocket',
    ),
  ),
  eventsReceived: of(
    ['chat'],
    server(
      'rtops_server_events_received_total',
      'counter',
      'count',
      'Events from clients.',
      { event: { values: clientEvents } },
      'nobody has sent anything yet',
    ),
  ),
  eventsSent: of(
    ['chat'],
    server(
      'rtops_server_events_sent_total',
      'counter',
      'count',
      'Events written to clients, one for each recipient.',
      { event: { values: serverEvents } },
      'nothing was sent yet',
    ),
  ),
  sentBytes: of(
    ['chat', 'log'],
    server(
      'rtops_server_sent_bytes_total',
      'counter',
      'bytes',
      'Bytes of broadcast and replayed frames written to clients.',
      {},
      'nothing was sent yet',
    ),
  ),
  eventSeconds: of(
    ['chat'],
    server(
      'rtops_server_event_duration_seconds',
      'histogram',
      'seconds',
      'From the arrival of an event to its ack; an ack that says no is an error.',
      {
        event: { values: clientEvents.slice(0, -1) },
        outcome: { values: ['ok', 'error'] },
      },
      'nobody has sent anything yet',
    ),
  ),
  refusals: of(
    ['chat'],
    server(
      'rtops_server_refusals_total',
      'counter',
      'count',
      'Acks that said no, by code; UNAVAILABLE is a store that did not answer.',
      { code: { values: refusalCodes } },
      'nothing was refused',
    ),
  ),
  broadcastSeconds: of(
    ['chat'],
    server(
      'rtops_server_broadcast_duration_seconds',
      'histogram',
      'seconds',
      'Writing one message to the members of its room on this node.',
      {},
      'nobody has sent a message yet',
    ),
  ),
  adapterLagSeconds: of(
    ['chat', 'redis', 'log'],
    server(
      'rtops_server_adapter_lag_seconds',
      'histogram',
      'seconds',
      'From the storing node taking a message to its arrival here over Redis, on one host clock, give or take half a millisecond.',
      {},
      'nobody has sent a message yet',
    ),
  ),
  adapterErrors: of(
    ['redis'],
    server(
      'rtops_server_adapter_errors_total',
      'counter',
      'count',
      'Requests to Redis that failed or were not answered in time, its probe twice a second included.',
      {},
      'Redis always answered',
    ),
  ),
  pingRttSeconds: of(
    ['chat'],
    server(
      'rtops_server_ping_rtt_seconds',
      'histogram',
      'seconds',
      'From an Engine.IO ping to its pong.',
      {},
      'a pingInterval has not passed since the first connection',
    ),
  ),
  sendBufferBytes: of(
    ['chat'],
    server(
      'rtops_server_send_buffer_bytes',
      'gauge',
      'bytes',
      'Bytes queued for clients that read slowly, over all connections.',
      {},
      'all clients keep up',
    ),
  ),
  slowClientsClosed: of(
    ['chat'],
    server(
      'rtops_server_slow_clients_closed_total',
      'counter',
      'count',
      'Connections closed because their client stopped reading.',
      {},
      'all clients keep up',
    ),
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
    'nobody has asked yet',
  ),
  eventLoopLagSeconds: server(
    'rtops_server_event_loop_lag_seconds',
    'gauge',
    'seconds',
    'How late the event loop was since Prometheus asked last.',
    { stat: { values: ['p50', 'p99', 'max'] } },
  ),
  redisUp: of(
    ['redis'],
    server('rtops_server_redis_up', 'gauge', 'flag', 'Whether Redis answers this node.'),
  ),
  draining: server(
    'rtops_server_draining',
    'gauge',
    'flag',
    '1 from SIGTERM on.',
    {},
    'no node is going down',
  ),
} as const;

function of(needs: readonly ServerPart[], one: MetricFamily): MetricFamily {
  return { ...one, needs };
}
