/** What nginx did with each request, by the upstream that answered, counted from its log. */
import { exporterMetrics } from '../../server/metric-contract.ts';
import type { ExporterConfig } from '../topology/exporter-config.ts';
import { parseAccessLine } from './access-line.ts';
import type { AccessLine, Attempt } from './access-line.ts';
import type { MetricPage } from './metric-page.ts';
import { parseUpstreamError } from './upstream-error.ts';

/** The upstream of what nginx answered by itself. */
const nobody = 'none';
const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] as const;
/** What nginx itself says in an upstream's place when it did not answer: refused, or too late. */
const givenUp: ReadonlySet<number | null> = new Set([502, 504]);

export type LogSource = 'file' | 'syslog';

export type LoadBalancerMetrics = {
  /** Counts a line and what it tells. */
  note(source: LogSource, text: string): void;
  /** Counts a line of which the telling is left to another way. */
  seen(source: LogSource): void;
  unreadable(): void;
  /** A line of the error log: where there is one, failed attempts are counted from it alone. */
  noteError(text: string): void;
  openSockets(perUpstream: ReadonlyMap<string, number>): void;
};

/**
 * Every series stands at 0 from the start. Lines of requests that ended before `sinceMs` (ms since
 * 1970) are of an earlier system and not counted.
 */
export function loadBalancerMetrics(
  exposed: MetricPage,
  { upstreams, errorLog }: Pick<ExporterConfig, 'upstreams' | 'errorLog'>,
  sinceMs: () => number,
): LoadBalancerMetrics {
  const requests = exposed.counter(exporterMetrics.lbRequests);
  const requestSeconds = exposed.histogram(exporterMetrics.lbRequestSeconds);
  const headerSeconds = exposed.histogram(exporterMetrics.lbHeaderSeconds);
  const retries = exposed.counter(exporterMetrics.lbRetries);
  const webSocketsClosed = exposed.counter(exporterMetrics.lbWebSocketsClosed);
  const openSockets = exposed.gauge(exporterMetrics.lbOpenSockets);
  const logLines = exposed.counter(exporterMetrics.lbLogLines);

  const nameOf = new Map(upstreams.map(({ name, address }) => [address, name]));
  const names = [...new Set(nameOf.values())];
  for (const upstream of [...names, nobody]) {
    for (const status_class of statusClasses) requests.inc({ upstream, status_class }, 0);
    requestSeconds.zero({ upstream });
  }
  for (const upstream of names) {
    headerSeconds.zero({ upstream });
    retries.inc({ upstream }, 0);
    webSocketsClosed.inc({ upstream }, 0);
  }
  for (const source of ['syslog', 'file', 'unreadable']) logLines.inc({ source }, 0);

  const nameOfAttempt = (attempt: Attempt | undefined): string =>
    nameOf.get(attempt?.address ?? '') ?? nobody;
  const countsRetries = errorLog === null;

  function count(line: AccessLine): void {
    const upstream = nameOfAttempt(line.attempts.at(-1));
    requests.inc({ upstream, status_class: statusClass(line.status) });
    if (line.isWebSocket) webSocketsClosed.inc({ upstream });
    else if (!line.isLongPoll) requestSeconds.observe({ upstream }, line.requestSec);
    for (const [at, attempt] of line.attempts.entries()) {
      const tried = nameOfAttempt(attempt);
      // The pool's name stands where nobody of it could be tried: nobody failed then.
      if (tried === nobody) continue;
      if (attempt.headerSec !== null) headerSeconds.observe({ upstream: tried }, attempt.headerSec);
      const isLast = at === line.attempts.length - 1;
      if (countsRetries && (!isLast || hasFailed(attempt))) retries.inc({ upstream: tried });
    }
  }

  return {
    note(source, text) {
      const line = parseAccessLine(text);
      if (line === undefined) {
        logLines.inc({ source: 'unreadable' });
      } else if (line.endedAtMs >= sinceMs()) {
        logLines.inc({ source });
        count(line);
      }
    },
    seen(source) {
      logLines.inc({ source });
    },
    unreadable() {
      logLines.inc({ source: 'unreadable' });
    },
    noteError(text) {
      const failed = parseUpstreamError(text);
      // Its stamp has no parts of a second.
      if (failed === undefined || failed.atMs + 1000 < sinceMs()) return;
      const upstream = nameOf.get(failed.address);
      if (upstream !== undefined) retries.inc({ upstream });
    },
    openSockets(perUpstream) {
      for (const upstream of names) openSockets.set({ upstream }, perUpstream.get(upstream) ?? 0);
    },
  };
}

/** An upstream's own 502 comes with a header; nginx's does not. A client that went away is no failure. */
function hasFailed({ status, headerSec }: Attempt): boolean {
  return headerSec === null && givenUp.has(status);
}

function statusClass(status: number): string {
  const hundreds = Math.floor(status / 100);
  return hundreds >= 1 && hundreds <= 5 ? `${hundreds}xx` : 'none';
}
