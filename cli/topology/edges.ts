/** The edges of a system: who dials whom. With `chaos` a TCP fault proxy stands on each. */
import type { ServiceEntry, Site } from './plan.ts';
import { portOf } from './site-parts.ts';

/** `client-nginx`, `nginx-ws-1`, `ws-1-redis`: the name tells both ends. */
export type Edge = {
  readonly name: string;
  /** Who dials: `client`, or the name of a service. */
  readonly from: string;
  /** The service that is dialled. */
  readonly to: string;
};

/** The service in which the fault proxy of every edge runs. */
export const edgesService = 'edges';

/** Every edge between these services, from the client inwards. */
export function edgeList(services: readonly ServiceEntry[]): readonly Edge[] {
  const servers = services.filter(({ kind }) => kind === 'server').map(({ name }) => name);
  const has = (kind: ServiceEntry['kind']) => services.some((service) => service.kind === kind);
  return [
    ...(has('nginx') ? [edge('client', 'nginx')] : []),
    ...servers.map((server) => edge(has('nginx') ? 'nginx' : 'client', server)),
    ...(has('redis') ? servers.map((server) => edge(server, 'redis')) : []),
  ];
}

/** What the proxy process reads at its start: a file only its owner may read. */
export type EdgesConfig = {
  readonly host: string;
  readonly controlPort: number;
  /** Asked of whoever wants to change something. */
  readonly token: string;
  readonly edges: readonly (Edge & { readonly port: number; readonly targetPort: number })[];
};

/** Where that file lies, below the state folder. */
export const edgesConfigFile = 'conf/edges.json';

/** Where `from` dials `to` when the proxy stands between them. Throws a `RangeError` without a port. */
export function edgePort(site: Site, from: string, to: string): number {
  const port = proxyOf(site).ports[edgeName(from, to)];
  if (port === undefined) {
    throw new RangeError(`the site has no port for edge ${edgeName(from, to)}`);
  }
  return port;
}

/** What `node` runs as the proxy, and its file as text. */
export function edgesConfig(
  services: readonly ServiceEntry[],
  site: Site,
  controlPort: number,
): { readonly argv: readonly string[]; readonly text: string } {
  const { argv, token } = proxyOf(site);
  const config: EdgesConfig = {
    host: site.host,
    controlPort,
    token,
    edges: edgeList(services).map(({ name, from, to }) => ({
      name,
      from,
      to,
      port: edgePort(site, from, to),
      targetPort: portOf(site, to),
    })),
  };
  return { argv, text: `${JSON.stringify(config, undefined, 2)}\n` };
}

function proxyOf({ edges }: Site) {
  if (edges === null) throw new RangeError('the site has no fault proxy');
  return edges;
}

function edgeName(from: string, to: string): string {
  return `${from}-${to}`;
}

function edge(from: string, to: string): Edge {
  return { name: edgeName(from, to), from, to };
}
