/** nginx.conf as text. For nginx 1.22.1 (Debian 12) on; only the balance `native` needs a newer one. */
import { accessLog, logFormat, statusServer } from './nginx-monitoring.ts';
import type { NginxMonitoring } from './nginx-monitoring.ts';
import { indent } from './nginx-text.ts';
import { upstreams, wsUpstream } from './nginx-upstreams.ts';
import type { ProxiedNode } from './nginx-upstreams.ts';
import type { Proxy } from './topology.ts';

export type NginxConfInput = {
  /** `host:port` clients dial. */
  readonly listen: string;
  readonly proxy: Proxy;
  readonly apiNodes: readonly ProxiedNode[];
  readonly wsNodes: readonly ProxiedNode[];
  /** pingInterval + pingTimeout: a tunnel silent for longer is dead. */
  readonly pingSumMs: number;
  /** The most files one worker may open. */
  readonly openFilesLimit: number;
  /** Whom the workers run as; `null` leaves the directive out, as nginx without root must. */
  readonly user: string | null;
  /** Where each request is told, and where nginx's own counts are asked for; absent: neither. */
  readonly monitoring?: NginxMonitoring | null;
};

/** Above the ping sum, so that the heartbeat ends a dead tunnel and never the proxy (s). */
const readTimeoutMarginSec = 15;
/** Files of a worker that are no client's: logs, listeners, channels. */
const spareFiles = 64;
/** nginx sets aside about 430 bytes for each connection it may have. */
const mostConnections = 32_768;

/**
 * The whole file. Paths in it are relative: nginx must be started with `-p` on the state folder
 * and `-e stderr`. Without monitoring there is no access log: at thousands of requests a second its
 * cost would be part of every figure, and `X-Upstream` and `X-Request-Id` tell the same to whoever asks.
 */
export function nginxConf(input: NginxConfInput): string {
  const { proxy, apiNodes, wsNodes } = input;
  return lines([
    ...main(input),
    'http {',
    ...indent([
      ...httpSettings(),
      '',
      ...upstreams(proxy, apiNodes, wsNodes),
      '',
      ...logFormat(input.monitoring),
      ...server(input),
      ...statusServer(input.monitoring),
    ]),
    '}',
  ]);
}

function main({ proxy, openFilesLimit, user }: NginxConfInput): readonly string[] {
  const files = Math.min(openFilesLimit, mostConnections + spareFiles);
  return [
    ...(user === null ? [] : [`user ${user};`]),
    'daemon off;',
    `worker_processes ${proxy.workers};`,
    `worker_rlimit_nofile ${files};`,
    'pid tmp/nginx.pid;',
    'error_log stderr warn;',
    '',
    'events {',
    // Each client is two connections: its own and the one to the node.
    `  worker_connections ${files - spareFiles};`,
    '}',
    '',
  ];
}

function httpSettings(): readonly string[] {
  return [
    'access_log off;',
    'server_tokens off;',
    'default_type application/octet-stream;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path tmp/${name};`,
    ),
    'client_max_body_size 1m;',
    'client_body_buffer_size 64k;',
    'keepalive_timeout 75s;',
    'keepalive_requests 100000;',
    '',
    'map $http_upgrade $connection_upgrade {',
    "  '' '';",
    '  default upgrade;',
    '}',
    // A caller's id is kept when it is one; anything else is not copied into logs and headers.
    'map $http_x_request_id $rtops_request_id {',
    '  "~^[A-Za-z0-9_.:-]{1,64}$" $http_x_request_id;',
    '  default $request_id;',
    '}',
    '',
    'proxy_http_version 1.1;',
    'proxy_connect_timeout 1s;',
    'proxy_next_upstream error timeout;',
    'proxy_next_upstream_tries 3;',
    'proxy_next_upstream_timeout 5s;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Real-IP $remote_addr;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header X-Request-Id $rtops_request_id;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $connection_upgrade;',
    'proxy_hide_header X-Request-Id;',
  ];
}

const answerHeaders = [
  'add_header X-Upstream $upstream_addr always;',
  'add_header X-Request-Id $rtops_request_id always;',
];

function server(input: NginxConfInput): readonly string[] {
  const { listen, pingSumMs, proxy, monitoring } = input;
  const { balance } = proxy.ws;
  const readTimeoutSec = Math.ceil(pingSumMs / 1000) + readTimeoutMarginSec;
  return [
    'server {',
    ...indent([
      // reuseport: the kernel spreads new connections over the workers evenly.
      `listen ${listen} reuseport backlog=4096;`,
      ...accessLog(monitoring),
      ...answerHeaders,
      '',
      'location /socket.io/ {',
      `  proxy_pass http://${wsUpstream(proxy)};`,
      `  proxy_read_timeout ${readTimeoutSec}s;`,
      `  proxy_send_timeout ${readTimeoutSec}s;`,
      '  proxy_buffering off;',
      // nginx inherits add_header only where a block has none of its own: all of them again.
      ...(balance === 'cookie'
        ? indent([...answerHeaders, 'add_header Set-Cookie $ws_set_cookie always;'])
        : []),
      '}',
      'location /api/ {',
      '  proxy_pass http://api_pool;',
      '}',
      'location = /health {',
      '  proxy_pass http://api_pool;',
      '}',
      'location / {',
      '  return 404;',
      '}',
    ]),
    '}',
  ];
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
