/**
 * The exporter: one page for Prometheus about nginx and about every service's processes. It counts
 * when it is asked, so that a page is as new as the scrape.
 */
import { statSync } from 'node:fs';

import { readSystemState } from '../system/system-state.ts';
import type { ExporterConfig } from '../topology/exporter-config.ts';
import { loadBalancerMetrics } from './load-balancer-metrics.ts';
import type { LoadBalancerMetrics } from './load-balancer-metrics.ts';
import { LogTail } from './log-tail.ts';
import { MetricPage } from './metric-page.ts';
import { socketCounter } from './open-sockets.ts';
import { servePage } from './serve-page.ts';
import { serviceMetrics } from './service-metrics.ts';
import { openSyslog } from './syslog.ts';

/** Between scrapes the log is read too, so that none has much to read. */
const readEveryMs = 1000;

export type Exporter = {
  readonly port: number;
  /** Where it takes syslog; `null` where it takes none. */
  readonly syslogPort: number | null;
  close(): Promise<void>;
};

/** Resolves when it listens; rejects when a port is taken. Whatever it reads, it goes on. */
export async function openExporter(config: ExporterConfig): Promise<Exporter> {
  const exposed = new MetricPage();
  const services = serviceMetrics(exposed, config);
  const proxy = loadBalancerMetrics(exposed, config, startOf(config));
  const sockets = socketCounter(config.upstreams, () => performance.now());
  const logs = logsOf(config, proxy);
  const readLogs = async (): Promise<void> => {
    // What cannot be read now (a full disk, a file that is just replaced) may be the next time.
    await Promise.all(logs.map((log) => log.read().catch(() => undefined)));
  };
  const syslog = await syslogSource(config, proxy);

  async function page(): Promise<string> {
    services.read();
    await readLogs();
    const counted = sockets.count();
    if (counted !== undefined) proxy.openSockets(counted);
    return await exposed.text();
  }

  const server = await servePage(config.host, config.port, exposed.contentType, page);
  const timer = setInterval(() => void readLogs(), readEveryMs);
  return {
    port: server.port,
    syslogPort: syslog?.port ?? null,
    async close() {
      clearInterval(timer);
      await server.close();
      await syslog?.close();
      await Promise.all(logs.map((log) => log.close()));
    },
  };
}

/**
 * When the system was started: its log may go back to earlier ones. Asked until it is known; after a
 * restart the exporter reads all of it again and so goes on where it was. Where a log was trimmed in
 * between it cannot: fewer lines than were counted are taken for a counter that began again, and all of
 * them for news. Then it counts what ends from now on.
 */
function startOf({ stateFile, accessLog, errorLog }: ExporterConfig): () => number {
  const beganMs = Date.now();
  let sinceMs: number | undefined;
  return () => {
    if (sinceMs !== undefined) return sinceMs;
    const startedAtMs = readSystemState({ stateFile })?.startedAtMs;
    if (startedAtMs === undefined) return 0;
    const isTrimmed = [accessLog, errorLog].some((log) => asideSinceMs(log) > startedAtMs);
    sinceMs = isTrimmed ? beganMs : startedAtMs;
    return sinceMs;
  };
}

/** When `trimLog` put a log aside; 0 where it did not. A log that was renamed keeps its earlier time. */
function asideSinceMs(log: string | null): number {
  if (log === null) return 0;
  return statSync(`${log}.1`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function logsOf(
  { accessLog, errorLog }: ExporterConfig,
  proxy: LoadBalancerMetrics,
): readonly LogTail[] {
  const access = {
    line: (text: string) => proxy.note('file', text),
    cut: () => proxy.unreadable(),
  };
  const errors = { line: (text: string) => proxy.noteError(text), cut: () => undefined };
  return [
    ...(accessLog === null ? [] : [new LogTail(accessLog, access)]),
    ...(errorLog === null ? [] : [new LogTail(errorLog, errors)]),
  ];
}

/** Beside a file, syslog only counts: what it lacks against the file was lost on the way. */
async function syslogSource(
  { host, syslogPort, accessLog }: ExporterConfig,
  proxy: LoadBalancerMetrics,
) {
  if (syslogPort === null) return undefined;
  return await openSyslog(host, syslogPort, (text) => {
    if (accessLog === null) proxy.note('syslog', text);
    else proxy.seen('syslog');
  });
}
