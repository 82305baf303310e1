/**
 * What the exporter's process reads at its start. It tells Prometheus what neither the servers nor
 * the users can: what nginx did with each request, and what the processes of each service use.
 */

/** A server as nginx dials it: with `chaos` the port of the edge in front of it. */
export type ExporterUpstream = { readonly name: string; readonly address: string };

/** The file's content. It holds no secret, but lies with those that do: mode 0600. */
export type ExporterConfig = {
  readonly host: string;
  /** `GET /metrics` and, for the ready check, `GET /health`. */
  readonly port: number;
  /** Where nginx sends its log lines by UDP; `null`: it sends none. */
  readonly syslogPort: number | null;
  /** nginx's log as a file, absolute. With one, it is what is counted; `null`: syslog is. */
  readonly accessLog: string | null;
  /**
   * nginx's error log, absolute: failed attempts are counted from it, at once. Without one they are
   * counted from the access log, which tells a WebSocket's when it ends.
   */
  readonly errorLog: string | null;
  /** `.rtops/state.json`, absolute: what the supervisor sees. */
  readonly stateFile: string;
  readonly upstreams: readonly ExporterUpstream[];
  /** Every service of the topology, so that each has its series from the first scrape. */
  readonly services: readonly { readonly name: string; readonly kind: string }[];
};

/** The name of the service. */
export const exporterService = 'exporter';
/** Where the exporter's file lies, below the state folder. */
export const exporterConfigFile = 'conf/exporter.json';
/** Where nginx writes its access log, below the state folder, which is also nginx's prefix. */
export const accessLogFile = 'logs/nginx-access.log';

/** What nginx says on stderr, as its supervisor keeps it. */
export const errorLogFile = 'logs/nginx.log';

/** The file as text. */
export function exporterConfig(config: ExporterConfig): string {
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
