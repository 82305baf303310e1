/** A machine as a value, for tests of what is planned for it. */
import { noReceivers } from '../../../prometheus/alertmanager-config.ts';
import { edgeList } from '../edges.ts';
import type { ObserverSite } from '../observers.ts';
import { serviceList } from '../plan.ts';
import type { Site } from '../plan.ts';
import type { Topology } from '../topology.ts';

export const secret = 'a-secret-of-at-least-thirty-two-characters';

const observers: ObserverSite = {
  exporterArgv: ['/opt/rtops/exporter-main.js'],
  alertmanagerFilterArgv: ['/opt/rtops/alertmanager-main.js'],
  sinceSec: 1_795_000_000,
  syslogPort: 6514,
  prometheus: '/usr/bin/prometheus',
  alertmanager: '/usr/bin/prometheus-alertmanager',
  redisExporter: '/usr/bin/prometheus-redis-exporter',
  nginxExporter: '/usr/bin/prometheus-nginx-exporter',
  grafana: null,
  receivers: noReceivers,
  packageDir: '/opt/rtops',
};

/**
 * With all that the topology needs. Services have the ports 3001, 3002, … in their order, metrics
 * ports 1000 above, edges 5001, 5002, ….
 */
export function siteFor(
  topology: Topology,
  { observe, ...over }: Partial<Omit<Site, 'observe'>> & { observe?: Partial<ObserverSite> } = {},
): Site {
  const services = serviceList(topology, observe?.grafana != null);
  const hasMetrics = (kind: string) =>
    kind === 'server' || (kind === 'nginx' && topology.monitoring);
  return {
    dir: '/home/kim/chat/.rtops',
    host: '127.0.0.1',
    ports: Object.fromEntries(
      services.map(({ name, kind }, at) => [
        name,
        { port: 3001 + at, metricsPort: hasMetrics(kind) ? 4001 + at : null },
      ]),
    ),
    binaries: {
      node: '/opt/node',
      nginx: '/usr/sbin/nginx',
      redisServer: '/usr/bin/redis-server',
      taskset: '/usr/bin/taskset',
    },
    serverArgv: ['/opt/rtops/server/main.js'],
    secret,
    env: { PATH: '/usr/bin', HOME: '/home/kim' },
    openFilesLimit: 20_000,
    nginxUser: null,
    edges: topology.chaos
      ? {
          argv: ['/opt/rtops/edge-main.js'],
          token: 'the-token',
          ports: Object.fromEntries(edgeList(services).map(({ name }, at) => [name, 5001 + at])),
        }
      : null,
    observe: topology.monitoring ? { ...observers, ...observe } : null,
    ...over,
  };
}
