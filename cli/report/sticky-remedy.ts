/** The lines that mend what a stickiness test found, for the nginx that is there. */
import { hasNativeSticky, nativeStickySince } from '../topology/nginx-features.ts';
import type { BreakCause } from '../verdict/sticky/break-cause.ts';
import type { StickyModeResult } from '../verdict/sticky/sticky-result.ts';

export type StickyRemedy = {
  /** What is wrong, in the words of the report. */
  readonly for: BreakCause | 'hot-spot';
  readonly what: string;
  /**
   * nginx.conf, or the client's or server's code where that is what must change. They work as they
   * stand, at the place that the comment above them names.
   */
  readonly lines: readonly string[];
};

/** Where a line of nginx.conf goes. */
const inHttp = '# in http { }:';
const inServer = '# in server { }, in place of your location /socket.io/:';
const inLocation = '# in your location /socket.io/ { }:';
const inUpstream = '# in your upstream { }:';

/** One per cause that was found, the most frequent first. `version`: nginx's; `null` when unknown. */
export function stickyRemedies(
  modes: readonly StickyModeResult[],
  version: string | null,
): readonly StickyRemedy[] {
  const subjects = modes.filter(({ role }) => role === 'subject');
  const causes = new Set(subjects.flatMap((mode) => mode.causes.map(({ cause }) => cause)));
  const nodes = nodesToName(subjects);
  const remedies = [...causes].flatMap((cause) => remedyFor(cause, nodes, version) ?? []);
  const isHot = subjects.some(({ findings }) => findings.some(({ kind }) => kind === 'hot-spot'));
  // The same lines mend both.
  return isHot && !causes.has('no-stickiness')
    ? [...remedies, hotSpotRemedy(nodes, version)]
    : remedies;
}

/** A node as the lines call it, and where they say it listens. */
type NamedNode = { readonly name: string; readonly address: string };

/** Ports of the examples, where only names of nodes were seen. */
const firstPort = 3003;

/** All nodes that were tested; what was seen as an address keeps it. */
function nodesToName(subjects: readonly StickyModeResult[]): readonly NamedNode[] {
  const seen = [...new Set(subjects.flatMap(({ nodes }) => nodes))];
  const nodes = seen.length > 1 ? seen : ['ws-1', 'ws-2'];
  return nodes.map((node, at) => {
    const isName = /^[A-Za-z0-9_-]+$/.test(node);
    return {
      name: isName ? node : `ws-${at + 1}`,
      address: isName ? `127.0.0.1:${firstPort + at}` : node,
    };
  });
}

function remedyFor(
  cause: BreakCause,
  nodes: readonly NamedNode[],
  version: string | null,
): StickyRemedy | null {
  switch (cause) {
    case 'no-stickiness':
      return {
        for: cause,
        what: `hold each session at its node (${nginxName(version)}; the addresses are yours to set)`,
        lines: stickyLines(nodes, version),
      };
    case 'cookie-dropped':
      return {
        for: cause,
        what: 'let the client send the cookie back; in Node and across origins it does not by itself',
        lines: [
          'io(url, { withCredentials: true });                                // client, 4.7.0 or newer',
          "new Server(http, { cors: { origin: ['https://your.site'], credentials: true } });  // server",
          '# across sites the cookie also needs: SameSite=None; Secure',
        ],
      };
    case 'silent-retry':
      return {
        for: cause,
        what: 'a session is known at one node only: wait for that node, and ask no other in its place',
        lines: [inLocation, 'proxy_next_upstream off;', ...readTimeout],
      };
    case 'dead-slot':
      return {
        for: cause,
        what: 'take a node out by marking its line, never by deleting it: that would move the others',
        lines: [
          inUpstream,
          `server ${nodes.at(-1)?.address ?? ''} down;`,
          ...(hasSticky(version)
            ? ['# or, to keep its sessions and give it no new ones: drain instead of down']
            : []),
        ],
      };
    case 'upgrade-headers':
      return {
        for: cause,
        what: 'pass the upgrade on',
        lines: [inHttp, ...upgradeMap, inLocation, ...upgradeLines],
      };
    case 'session-lost':
      return {
        for: cause,
        what: 'the node forgot its own session: it restarted, or several processes share its port',
        lines: [
          '# one process a port; within one host: a sticky primary such as @socket.io/sticky',
        ],
      };
    case 'identity-disagrees':
    case 'refused':
    case 'connection':
      return null;
    default:
      return cause satisfies never;
  }
}

function hotSpotRemedy(nodes: readonly NamedNode[], version: string | null): StickyRemedy {
  return {
    for: 'hot-spot',
    what: `clients behind one address are one client to a hash: pin by cookie or session id (${nginxName(version)}; the addresses are yours to set)`,
    lines: stickyLines(nodes, version),
  };
}

const upgradeMap = ["map $http_upgrade $connection_upgrade { '' ''; default upgrade; }"];
const upgradeLines = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection $connection_upgrade;',
];
/** Above Socket.IO's pingInterval and pingTimeout together, or the proxy ends what is only quiet. */
const readTimeout = ['proxy_read_timeout 100s;'];

function stickyLines(nodes: readonly NamedNode[], version: string | null): readonly string[] {
  if (hasSticky(version)) {
    return [
      inHttp,
      'upstream ws_pool {',
      '  zone ws_pool 128k;',
      '  least_conn;',
      '  sticky cookie node path=/socket.io/ httponly samesite=lax;',
      ...nodes.map(({ name, address }) => `  server ${address} route=${name} max_fails=0;`),
      '}',
      ...upgradeMap,
      ...locationTo('ws_pool'),
    ];
  }
  const server = ({ address }: NamedNode): string => `server ${address} max_fails=0;`;
  return [
    `# needs no newer nginx (\`sticky\` came with ${nativeStickySince}), but on each node, with its own name:`,
    `#   io.engine.generateId = () => \`${nodes[0]?.name ?? 'ws-1'}.\${crypto.randomUUID()}\`;`,
    inHttp,
    ...nodes.map((node) => {
      const others = nodes.filter((one) => one !== node);
      const backups = others.map(({ address }) => `server ${address} max_fails=0 backup;`);
      return `upstream ${pinOf(node)} { zone ${pinOf(node)} 128k; ${[server(node), ...backups].join(' ')} }`;
    }),
    `upstream ws_pool { zone ws_pool 128k; least_conn; ${nodes.map(server).join(' ')} }`,
    'map $arg_sid $ws_upstream {',
    ...nodes.map((node) => `  "~^${node.name}\\." ${pinOf(node)};`),
    '  default ws_pool;',
    '}',
    ...upgradeMap,
    ...locationTo('$ws_upstream'),
  ];
}

function pinOf({ name }: NamedNode): string {
  return `pin_${name.replaceAll('-', '_')}`;
}

function locationTo(upstream: string): readonly string[] {
  return [
    inServer,
    'location /socket.io/ {',
    `  proxy_pass http://${upstream};`,
    '  proxy_set_header Host $http_host;',
    ...[...upgradeLines, ...readTimeout].map((line) => `  ${line}`),
    '}',
  ];
}

function hasSticky(version: string | null): boolean {
  return version !== null && hasNativeSticky(version);
}

function nginxName(version: string | null): string {
  return version === null ? 'nginx of any version' : `nginx ${version}`;
}
