/** The lines that mend what a stickiness test found, for the nginx that is there. */
import { hasNativeSticky, nativeStickySince } from '../topology/nginx-features.ts';
import type { BreakCause } from '../verdict/sticky/break-cause.ts';
import type { StickyModeResult } from '../verdict/sticky/sticky-result.ts';

export type StickyRemedy = {
  /** What is wrong, in the words of the report. */
  readonly for: BreakCause | 'hot-spot';
  readonly what: string;
  /** nginx.conf, or the client's or server's code where that is what must change. */
  readonly lines: readonly string[];
};

/** One per cause that was found, the most frequent first. `version`: nginx's; `null` when unknown. */
export function stickyRemedies(
  modes: readonly StickyModeResult[],
  version: string | null,
): readonly StickyRemedy[] {
  const subjects = modes.filter(({ role }) => role === 'subject');
  const causes = new Set(subjects.flatMap((mode) => mode.causes.map(({ cause }) => cause)));
  const remedies = [...causes].flatMap((cause) => remedyFor(cause, version) ?? []);
  const isHot = subjects.some(({ findings }) => findings.some(({ kind }) => kind === 'hot-spot'));
  return isHot ? [...remedies, hotSpotRemedy(version)] : remedies;
}

function remedyFor(cause: BreakCause, version: string | null): StickyRemedy | null {
  switch (cause) {
    case 'no-stickiness':
      return {
        for: cause,
        what: `hold each session at its node (${nginxName(version)})`,
        lines: stickyLines(version),
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
        what: 'a session is known at one node only: let its requests fail there, not succeed elsewhere',
        lines: ['location /socket.io/ {', '  proxy_next_upstream off;', '}'],
      };
    case 'dead-slot':
      return {
        for: cause,
        what: 'take a node out by marking its line, never by deleting it: that would move the others',
        lines: [
          'server 127.0.0.1:3004 down;',
          ...(hasSticky(version)
            ? ['server 127.0.0.1:3004 drain;  # keeps its sessions, takes no new ones']
            : []),
        ],
      };
    case 'upgrade-headers':
      return {
        for: cause,
        what: 'pass the upgrade on',
        lines: [
          "map $http_upgrade $connection_upgrade { '' ''; default upgrade; }  # in http { }",
          'proxy_http_version 1.1;',
          'proxy_set_header Upgrade $http_upgrade;',
          'proxy_set_header Connection $connection_upgrade;',
        ],
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

function hotSpotRemedy(version: string | null): StickyRemedy {
  return {
    for: 'hot-spot',
    what: `clients behind one address are one client to a hash: pin by cookie or session id (${nginxName(version)})`,
    lines: stickyLines(version),
  };
}

function stickyLines(version: string | null): readonly string[] {
  const servers = ['server 127.0.0.1:3003', 'server 127.0.0.1:3004'];
  if (hasSticky(version)) {
    return [
      'upstream ws_pool {',
      '  zone ws_pool 128k;',
      '  least_conn;',
      '  sticky cookie node path=/socket.io/ httponly samesite=lax;',
      ...servers.map((line, at) => `  ${line} route=ws-${at + 1};`),
      '}',
    ];
  }
  return [
    `# needs no newer nginx (\`sticky\` came with ${nativeStickySince}); the node sets io.engine.generateId = () => \`ws-1.\${random}\``,
    ...servers.map(
      (line, at) => `upstream pin_ws_${at + 1} { ${line}; ${servers[1 - at] ?? ''} backup; }`,
    ),
    `upstream ws_pool { zone ws_pool 128k; least_conn; ${servers.map((line) => `${line};`).join(' ')} }`,
    'map $arg_sid $ws_upstream {',
    ...servers.map((_, at) => `  "~^ws-${at + 1}\\." pin_ws_${at + 1};`),
    '  default ws_pool;',
    '}',
    'location /socket.io/ { proxy_pass http://$ws_upstream; }',
    '# or, blind to who shares an address:  upstream ws_pool { ip_hash; … }',
  ];
}

function hasSticky(version: string | null): boolean {
  return version !== null && hasNativeSticky(version);
}

function nginxName(version: string | null): string {
  return version === null ? 'nginx of any version' : `nginx ${version}`;
}
