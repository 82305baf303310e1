/** The upstreams of nginx.conf: which nodes stand behind nginx, and how it picks one. */
import { indent } from './nginx-text.ts';
import type { Proxy } from './topology.ts';

/** An upstream server: the service's name and where it listens. */
export type ProxiedNode = { readonly name: string; readonly address: string };

/** The cookie that names a client's WS node when `proxy.ws.balance` is `cookie`. */
const stickyCookie = 'rtops_node';

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

/** Within `http`. Whatever they need besides (maps) comes with them. */
export function upstreams(
  proxy: Proxy,
  apiNodes: readonly ProxiedNode[],
  wsNodes: readonly ProxiedNode[],
): readonly string[] {
  return [
    ...upstream('api_pool', apiNodes, apiMethod(proxy), failRule),
    '',
    ...upstream('ws_pool', wsNodes, wsMethod(proxy), wsFailRule, proxy.ws.balance === 'native'),
    ...pinLines(proxy, wsNodes),
  ];
}

/** What requests for the chat are passed to: the pool, or the pin of a client. */
export function wsUpstream({ ws }: Proxy): string {
  return ws.balance === 'cookie' || ws.balance === 'sid' ? '$ws_upstream' : 'ws_pool';
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
 * The cookie picks one pin. The node that answered is read back from `$upstream_addr` (the last of
 * its list, if nginx had to try again), and the cookie is set again whenever it names another: a dead
 * or removed node re-pins.
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
