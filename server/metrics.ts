/**
 * What the server counts. The hot path adds to plain numbers; they become Prometheus metrics when
 * somebody asks, so that counting costs nothing per message.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { metric } from './contract.ts';

export type Metrics = {
  connectionsOpened: number;
  messagesDelivered: number;
  slowClientsClosed: number;
  /** By reason, as Socket.IO names it. */
  readonly disconnections: Map<string, number>;
  readonly connectionErrors: Map<string, number>;
  /** By event name. */
  readonly eventsReceived: Map<string, number>;
  /** From the arrival of a message to its ack. */
  sendSeconds(seconds: number, result: string): void;
  httpSeconds(seconds: number, labels: { method: string; route: string; status: string }): void;
  /** The whole page in Prometheus' text format. */
  page(): Promise<string>;
  readonly contentType: string;
  close(): void;
};

/** Live readings, asked for at each scrape. */
type Gauges = {
  readonly connections: () => number;
  readonly redisUp: () => boolean | undefined;
  readonly hasRedis: boolean;
};

export function count(into: Map<string, number>, key: string): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}

export function createMetrics(
  labels: { readonly node: string; readonly role: string; readonly topology: string },
  gauges: Gauges,
): Metrics {
  const register = new Registry();
  const registers = [register];
  const { node, role, topology } = labels;
  register.setDefaultLabels(topology === '' ? { node, role } : { node, role, topology });
  collectDefaultMetrics({ register });
  // These list every handle or file of the process at each scrape: 10,000 with 10,000 clients.
  for (const name of perHandleMetrics) register.removeSingleMetric(name);

  const sendSeconds = new Histogram({
    name: metric.sendSeconds,
    help: 'From the arrival of a message to its ack.',
    labelNames: ['result'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  const httpSeconds = new Histogram({
    name: metric.httpSeconds,
    help: 'Duration of HTTP requests.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });

  const metrics: Metrics = {
    connectionsOpened: 0,
    messagesDelivered: 0,
    slowClientsClosed: 0,
    disconnections: new Map(),
    connectionErrors: new Map(),
    eventsReceived: new Map(),
    sendSeconds: (seconds, result) => sendSeconds.labels(result).observe(seconds),
    httpSeconds: (seconds, by) => httpSeconds.labels(by).observe(seconds),
    page: () => register.metrics(),
    contentType: register.contentType,
    close: () => loopDelay.disable(),
  };

  gauge(metric.connections, 'Connections to the chat now.', gauges.connections);
  total(metric.connectionsOpened, 'Connections that got in.', () => metrics.connectionsOpened);
  total(metric.messagesDelivered, 'Messages written to a member.', () => metrics.messagesDelivered);
  total(
    metric.slowClientsClosed,
    'Connections closed because their client stopped reading.',
    () => metrics.slowClientsClosed,
  );
  totals(metric.disconnections, 'Connections that ended.', 'reason', metrics.disconnections);
  totals(
    metric.connectionErrors,
    'Connections that were refused.',
    'code',
    metrics.connectionErrors,
  );
  totals(metric.eventsReceived, 'Events from clients.', 'event', metrics.eventsReceived);
  const loopDelay = monitorEventLoopDelay({ resolution: 10 });
  loopDelay.enable();
  lagGauge();
  redisGauge();
  return metrics;

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }

  function total(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  function totals(
    name: string,
    help: string,
    label: string,
    from: ReadonlyMap<string, number>,
  ): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [key, value] of from) this.inc({ [label]: key }, value);
      },
    });
  }

  function lagGauge(): void {
    new Gauge({
      name: metric.eventLoopLagSeconds,
      help: 'How late the event loop was, since the previous scrape.',
      labelNames: ['quantile'],
      registers,
      collect() {
        // The monitor counts from one tick to the next: its resolution is not lag.
        const lag = (percentile: number): number =>
          Math.max(0, loopDelay.percentile(percentile) / 1e9 - 0.01);
        const samples = loopDelay.count > 0;
        this.set({ quantile: '0.5' }, samples ? lag(50) : 0);
        this.set({ quantile: '0.99' }, samples ? lag(99) : 0);
        this.set({ quantile: '1' }, samples ? Math.max(0, loopDelay.max / 1e9 - 0.01) : 0);
        loopDelay.reset();
      },
    });
  }

  function redisGauge(): void {
    if (!gauges.hasRedis) return;
    gauge(metric.redisUp, 'Whether Redis answers.', () => (gauges.redisUp() === true ? 1 : 0));
  }
}

const perHandleMetrics = [
  'process_open_fds',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
];
