/**
 * With `monitoring`: the processes that watch a system. Exporters read it, Prometheus reads them and
 * judges the rules, Alertmanager tells people, Grafana draws. All on loopback, none in the way of a
 * client: with all of them dead the system answers as before.
 */
import type { AlertReceivers } from '../../prometheus/alertmanager-config.ts';
import { accessLogFile } from './exporter-config.ts';
import type { NginxConfInput } from './nginx-conf.ts';
import type { Site } from './plan.ts';
import { portOf } from './site-parts.ts';
import type { ObserverKind, ServiceKind, Topology } from './topology.ts';

/** What only a runner can know of the observers. Binaries are absolute paths. */
export type ObserverSite = {
  /** What `node` runs as the exporter. */
  readonly exporterArgv: readonly string[];
  /** What `node` runs in front of Alertmanager, to keep receivers' addresses out of its log. */
  readonly alertmanagerFilterArgv: readonly string[];
  /** When the system was started, in seconds since 1970. */
  readonly sinceSec: number;
  /** Where nginx sends its log lines (UDP). */
  readonly syslogPort: number;
  readonly prometheus: string;
  readonly alertmanager: string;
  /** `null` without Redis in the topology. */
  readonly redisExporter: string | null;
  /** `null` without nginx in the topology. */
  readonly nginxExporter: string | null;
  /** `null` where there is none: Grafana is the one observer that may be missing. */
  readonly grafana: GrafanaSite | null;
  /** Where alerts go. They are secrets. */
  readonly receivers: AlertReceivers;
  /** Where the package's own files are (`grafana/`), absolute. */
  readonly packageDir: string;
};

export type GrafanaSite = {
  /** `grafana server`, or the older `grafana-server`. */
  readonly argv: readonly [string, ...string[]];
  /** Where Grafana's own files are; `null` leaves it to the binary. */
  readonly home: string | null;
  readonly adminPassword: string;
};

const observerKinds: Readonly<Record<ObserverKind, true>> = {
  exporter: true,
  'redis-exporter': true,
  'nginx-exporter': true,
  alertmanager: true,
  prometheus: true,
  grafana: true,
};

/** Whether a service only watches. */
export function isObserver(kind: ServiceKind): kind is ObserverKind {
  return Object.hasOwn(observerKinds, kind);
}

/**
 * The exporter stands before nginx, which tells it of each request, and Prometheus takes seconds to
 * begin; the exporters of Redis and nginx stand after what they ask.
 */
export function observerList(
  topology: Topology,
  hasGrafana: boolean,
): { readonly before: readonly ObserverKind[]; readonly after: readonly ObserverKind[] } {
  if (!topology.monitoring) return { before: [], after: [] };
  return {
    before: ['exporter', 'alertmanager', 'prometheus'],
    after: [
      ...(topology.redis === null ? [] : (['redis-exporter'] as const)),
      ...(topology.proxy === null ? [] : (['nginx-exporter'] as const)),
      ...(hasGrafana ? (['grafana'] as const) : []),
    ],
  };
}

/** Where nginx tells of its requests; `null` without monitoring. */
export function nginxMonitoring(site: Site): NonNullable<NginxConfInput['monitoring']> | null {
  if (site.observe === null) return null;
  return {
    accessLog: accessLogFile,
    syslog: `${site.host}:${site.observe.syslogPort}`,
    statusListen: `${site.host}:${portOf(site, 'nginx', 'metricsPort')}`,
  };
}

/** @throws RangeError without observers. */
export function observed({ observe }: Site): ObserverSite {
  if (observe === null) throw new RangeError('the site has no observers');
  return observe;
}
