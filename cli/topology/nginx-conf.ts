/** nginx.conf as text. For nginx 1.22.1 (Debian 12) on; only the balance `native` needs a newer one. */
import { accessLog, logFormat, statusServer } from './nginx-monitoring.ts';
import type { NginxMonitoring } from './nginx-monitoring.ts';
import type { Proxy } from './topology.ts';

/** An upstream server: the service's name and where it listens. */
export type ProxiedNode = { readonly name: string; readonly address: string };

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

/** The cookie that names a client's WS node when `proxy.ws.balance` is `cookie`. */
const stickyCookie = 'rtops_node';

/** Above the ping sum, so that the heartbeat ends a dead tunnel and never the proxy (s). */
const readTimeoutMarginSec = 15;
/** Files of a worker that are no client's: logs, listeners, channels. */
const spareFiles = 64;
/** nginx sets aside about 430 bytes for each connection it may have. */
const mostConnections = 32_768;
/**
 * Two refused connections set a node aside for two seconds: long enough to spare a stalled node,
 * short enough that one which was restarted is used again at once.
 */
const failRule = 'max_fails=2 fail_timeout=2s';

/**
 * Chat nodes are never marked as failed. nginx clears such a mark when a request has ended well, and a
 * WebSocket ends hours later: a node that came back would be given one connection each 2 s, and two
 * nodes that failed in turn none at all ("no live upstreams"). A refused connection costs nothing:
 * the next node is tried at once.
 */
const wsFailRule = 'max_fails=0';

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
      ...upstream('api_pool', apiNodes, apiMethod(proxy), failRule),
      '',
      ...upstream('ws_pool', wsNodes, wsMethod(proxy), wsFailRule, proxy.ws.balance === 'native'),
      ...pinLines(proxy, wsNodes),
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

/** A pool: its method, shared memory so that workers agree on who is down, idle connections kept. */
function upstream(
  name: string,
  nodes: readonly ProxiedNode[],
  method: string | undefined,
  rule: string,
  sticky = false,
): readonly string[] {
  return [
    `upstream ${name} {`,
    ...indent([
      `zone ${name} 128k;`,
      ...(method === undefined ? [] : [method]),
      ...(sticky ? [`sticky cookie ${stickyCookie} path=/socket.io/ httponly samesite=lax;`] : []),
      ...nodes.map(
        (node) => `server ${node.address} ${sticky ? `route=${node.name} ` : ''}${rule};`,
      ),
      'keepalive 64;',
      'keepalive_requests 100000;',
    ]),
    '}',
  ];
}

function apiMethod(proxy: Proxy): string | undefined {
  switch (proxy.api.balance) {
    case 'round_robin':
      return undefined;
    case 'least_conn':
      return 'least_conn;';
    default:
      return proxy.api.balance satisfies never;
  }
}

function wsMethod(proxy: Proxy): string | undefined {
  switch (proxy.ws.balance) {
    case 'round_robin':
      return undefined;
    case 'least_conn':
    // Clients without a cookie or a session yet: where fewest are.
    case 'cookie':
    case 'sid':
    case 'native':
      return 'least_conn;';
    case 'ip_hash':
      return 'ip_hash;';
    case 'hash':
      return 'hash $remote_addr consistent;';
    default:
      return proxy.ws.balance satisfies never;
  }
}

function pinLines({ ws }: Proxy, nodes: readonly ProxiedNode[]): readonly string[] {
  switch (ws.balance) {
    case 'cookie':
      return ['', ...pins(nodes), ...cookieMaps(nodes)];
    case 'sid':
      return ['', ...pins(nodes), ...sidMap(nodes)];
    case 'round_robin':
    case 'least_conn':
    case 'ip_hash':
    case 'hash':
    case 'native':
      return [];
    default:
      return ws.balance satisfies never;
  }
}

/** One upstream a node, the other nodes behind it as backups. */
function pins(nodes: readonly ProxiedNode[]): readonly string[] {
  return nodes.flatMap((pinned) => [
    `upstream ${pinName(pinned)} {`,
    ...indent([
      `zone ${pinName(pinned)} 128k;`,
      `server ${pinned.address} ${wsFailRule};`,
      ...nodes
        .filter((node) => node !== pinned)
        .map(({ address }) => `server ${address} ${wsFailRule} backup;`),
      'keepalive 64;',
      'keepalive_requests 100000;',
    ]),
    '}',
  ]);
}

/**
 * The session id begins with the name of the node that made it. A request without one opens a
 * session and may go anywhere; one of a dead node goes to a backup, which answers at once that it
 * does not know it, so that the client opens another.
 */
function sidMap(nodes: readonly ProxiedNode[]): readonly string[] {
  return [
    'map $arg_sid $ws_upstream {',
    ...indent([
      ...nodes.map((node) => `"~^${node.name}\\.[A-Za-z0-9_-]+$" ${pinName(node)};`),
      'default ws_pool;',
    ]),
    '}',
  ];
}

/**
 * The cookie picks one pin. The node that
 * answered is read back from `$upstream_addr` (the last of its list, if nginx had to try again),
 * and the cookie is set again whenever it names another: a dead or removed node re-pins.
 */
function cookieMaps(nodes: readonly ProxiedNode[]): readonly string[] {
  return [
    `map $cookie_${stickyCookie} $ws_upstream {`,
    ...indent([...nodes.map((node) => `${node.name} ${pinName(node)};`), 'default ws_pool;']),
    '}',
    'map $upstream_addr $ws_node {',
    ...indent([
      ...nodes.map(({ name, address }) => `"~(^|[ ,])${address.replaceAll('.', '\\.')}$" ${name};`),
      "default '';",
    ]),
    '}',
    `map "$cookie_${stickyCookie}|$ws_node" $ws_set_cookie {`,
    ...indent([
      '"~\\|$" \'\';',
      '"~^(?<pinned>[^|]+)\\|\\k<pinned>$" \'\';',
      `default "${stickyCookie}=$ws_node; Path=/socket.io/; HttpOnly; SameSite=Lax";`,
    ]),
    '}',
  ];
}

/** The upstream of one node, with the others behind it. */
export function pinName({ name }: ProxiedNode): string {
  return `pin_${name.replaceAll('-', '_')}`;
}

const answerHeaders = [
  'add_header X-Upstream $upstream_addr always;',
  'add_header X-Request-Id $rtops_request_id always;',
];

function server(input: NginxConfInput): readonly string[] {
  const { listen, pingSumMs, proxy, monitoring } = input;
  const { balance } = proxy.ws;
  const pinned = balance === 'cookie' || balance === 'sid';
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
      `  proxy_pass http://${pinned ? '$ws_upstream' : 'ws_pool'};`,
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

function indent(text: readonly string[]): readonly string[] {
  return text.map((line) => (line === '' ? line : `  ${line}`));
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
