/** Which port each service gets: the fixed ones when they are free, any free ones else. */
import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { edgeList } from '../topology/edges.ts';
import { serviceList } from '../topology/plan.ts';
import type { ServiceEntry, Site } from '../topology/plan.ts';
import type { Topology } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { freePorts, portOwner, portProblem } from './ports.ts';

export type PortWishes = {
  /** Where clients dial: nginx, or else the server that has sockets; with `chaos` the edge in front. */
  readonly entry: number | undefined;
  /** Whether Grafana is among the services. */
  readonly hasGrafana: boolean;
};

/** Throws 120 for a fixed port that is taken, naming who has it; 2 for one that two are to have. */
export async function choosePorts(
  world: World,
  host: string,
  topology: Topology,
  { entry: wished, hasGrafana }: PortWishes,
): Promise<Pick<Site, 'ports' | 'edges'>> {
  const services = serviceList(topology, hasGrafana);
  const edges = topology.chaos ? edgeList(services) : [];
  const fixed = new Map<{ readonly name: string }, number>();
  const fix = (thing: { readonly name: string }, port: number) => {
    const other = [...fixed].find(([, taken]) => taken === port)?.[0];
    if (other !== undefined) throw askedTwice(port, other.name, thing.name);
    fixed.set(thing, port);
  };
  const entry =
    edges.find(({ from }) => from === 'client') ??
    services.find(({ kind }) => kind === 'nginx') ??
    services.find(({ role }) => role === 'all' || role === 'ws');
  if (wished !== undefined && entry !== undefined) {
    await assertFree(host, wished, 'rtops up --port <another>, or leave --port out for a free one');
    fix(entry, wished);
  }
  for (const service of services) {
    const port = observerPort(topology, service);
    if (port === null) continue;
    const setting = `ports.${service.name}`;
    await assertFree(host, port, `--set ${setting}=<another>, or ${setting}=null for a free one`);
    fix(service, port);
  }
  // Without a Grafana nobody listens there; a port that could not be had is said all the same.
  if (topology.monitoring && !hasGrafana && topology.ports.grafana !== null) {
    const next = '--set ports.grafana=<another>, or ports.grafana=null for a free one';
    await assertFree(host, topology.ports.grafana, next);
  }
  const free = await freePorts(
    world,
    host,
    services.length + services.filter((one) => hasMetricsPort(topology, one)).length + edges.length,
    [...fixed.values()],
  );
  const next = free.values();
  const take = () => next.next().value ?? 0;
  const portFor = (thing: { readonly name: string }) => fixed.get(thing) ?? take();
  return {
    ports: Object.fromEntries(
      services.map((service) => [
        service.name,
        { port: portFor(service), metricsPort: hasMetricsPort(topology, service) ? take() : null },
      ]),
    ),
    edges: topology.chaos
      ? {
          argv: [edgeProxy()],
          token: randomBytes(32).toString('base64url'),
          ports: Object.fromEntries(edges.map((edge) => [edge.name, portFor(edge)])),
        }
      : null,
  };
}

/** nginx' own counts are asked for only by its exporter. */
function hasMetricsPort(topology: Topology, { kind }: ServiceEntry): boolean {
  return kind === 'server' || (kind === 'nginx' && topology.monitoring);
}

function observerPort({ ports }: Topology, { kind }: ServiceEntry): number | null {
  return kind === 'prometheus' || kind === 'alertmanager' || kind === 'grafana'
    ? ports[kind]
    : null;
}

/** The fault proxy's entry file. */
function edgeProxy(): string {
  const extension = extname(import.meta.url);
  return fileURLToPath(new URL(`faults/edge/edge-main${extension}`, import.meta.url));
}

function askedTwice(port: number, one: string, other: string): Failure {
  return new Failure(exitCode.usage, `port ${port} is asked for twice`, {
    why: `for ${one} and for ${other}`,
    next: 'give each a port of its own, or null for any free one',
  });
}

async function assertFree(host: string, port: number, next: string): Promise<void> {
  const problem = await portProblem(host, port);
  if (problem === undefined) return;
  const owner = portOwner(port);
  throw new Failure(exitCode.notReady, `port ${port} of ${host} cannot be used`, {
    why:
      problem === 'EADDRINUSE'
        ? `${owner ?? 'another process'} listens on it`
        : problem === 'EACCES'
          ? 'ports this low are kept for root'
          : problem,
    next,
  });
}
