/**
 * What the server counts, as `metric-contract.ts` lists it. The hot path adds to plain numbers; they
 * become Prometheus series when somebody asks, so that counting costs next to nothing per message.
 */
import { Registry, collectDefaultMetrics } from 'prom-client';
import type { Server } from 'socket.io';
import type { ChatNamespace } from './chat/chat-socket.ts';
import type { RefusalCode } from './contract.ts';
import { latencyBuckets, type MetricFamily, type ServerPart } from './metric-family.ts';
import { familyText, type Series } from './metrics/exposition.ts';
import {
  readConnections,
  watchConnections,
  type ConnectionReading,
} from './metrics/connections.ts';
import { fineClock } from './metrics/fine-clock.ts';
import { createHttpTimes } from './metrics/http-times.ts';
import { loopLag, type LoopLag } from './metrics/loop-lag.ts';
import { createCounts, createTally, type Counts, type Tally } from './metrics/tally.ts';
import {
  clientEvents,
  connectionErrorCodes,
  disconnectReasons,
  refusalCodes,
  serverEvents,
  serverMetrics as family,
} from './server-metrics.ts';
import { packageVersion } from './version.ts';

export type Metrics = {
  connectionsOpened: number;
  sentBytes: number;
  slowClientsClosed: number;
  /** Requests to Redis that had no good answer. */
  adapterErrors: number;
  /** By reason, as Socket.IO names it. */
  readonly disconnections: Counts;
  readonly connectionErrors: Counts;
  readonly eventsSent: Counts;
  /** From the arrival of an event to its ack; `refused` is the code of an ack that said no. */
  eventDone(eventName: string, seconds: number, refused: RefusalCode | undefined): void;
  /** Writing one message to its members here. */
  readonly broadcastSeconds: Tally;
  /** A message came over Redis that its node took at this wall-clock ms. */
  arrived(takenAtMs: number): void;
  httpSeconds(
    seconds: number,
    of: { readonly method: string; readonly route: string; readonly status: number },
  ): void;
  /** A route that is served: its series are there before its first request. */
  routeKnown(method: string, route: string): void;
  /** Watches every connection to come, and reads those that are there at each scrape. */
  watch(engine: Server['engine'], chat: ChatNamespace): void;
  /** The whole page in Prometheus' text format. */
  page(): Promise<string>;
  /** Connections and event-loop lag alone, for the sampler of a run: another reader, another lag. */
  briefPage(): string;
  readonly contentType: string;
  close(): void;
};

/** Who the server is, and what it has: what it has not is not on the page. */
export type MetricsOptions = {
  readonly node: string;
  readonly role: 'all' | 'api' | 'ws';
  readonly messagePath: 'log' | 'adapter';
  readonly redisUrl: string | undefined;
};

/** Live readings, asked for at each scrape. */
type Gauges = {
  readonly redisUp: () => boolean | undefined;
  readonly draining: () => boolean;
};

/** A family with where its series come from. */
type Source = { readonly of: MetricFamily; readonly read: () => readonly Series[] };

export function createMetrics(options: MetricsOptions, gauges: Gauges): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  // These list every handle or file of the process at each scrape: 10,000 with 10,000 clients.
  for (const name of perHandleMetrics) register.removeSingleMetric(name);

  const eventsReceived = createCounts(clientEvents);
  const refusals = createCounts(refusalCodes);
  const eventTimes = new Map(
    clientEvents
      .slice(0, -1)
      .map((name) => [name as string, { ok: latencyTally(), error: latencyTally() }]),
  );
  const pingRtt = latencyTally();
  const adapterLag = latencyTally();
  const httpTimes = createHttpTimes();
  const clock = fineClock();
  const lag = loopLag();
  const briefLag = loopLag();
  const version = packageVersion();
  let chat: ChatNamespace | undefined;
  let upgrades = 0;
  /** As of the page that is being made. */
  let reading: ConnectionReading = { websocket: 0, polling: 0, queuedBytes: 0 };
  const look = (): void => {
    if (chat !== undefined) reading = readConnections(chat);
  };

  const metrics: Metrics = {
    connectionsOpened: 0,
    sentBytes: 0,
    slowClientsClosed: 0,
    adapterErrors: 0,
    disconnections: createCounts(disconnectReasons),
    connectionErrors: createCounts(connectionErrorCodes),
    eventsSent: createCounts(serverEvents),
    eventDone: (eventName, seconds, refused) => {
      const times = eventTimes.get(eventName);
      if (refused === undefined) {
        times?.ok.observe(seconds);
      } else {
        times?.error.observe(seconds);
        refusals.add(refused);
      }
    },
    broadcastSeconds: latencyTally(),
    // `takenAtMs` is cut to whole ms: half of one is what it lacks on average.
    arrived: (takenAtMs) => adapterLag.observe(Math.max(0, clock.nowMs() - takenAtMs - 0.5) / 1000),
    httpSeconds: httpTimes.observe,
    routeKnown: httpTimes.routeKnown,
    watch: (engine, namespace) => {
      chat = namespace;
      watchConnections(engine, namespace, {
        upgraded: () => {
          upgrades += 1;
        },
        pinged: pingRtt.observe,
        heard: (name) => eventsReceived.add(name),
        told: (name) => metrics.eventsSent.add(name),
      });
    },
    page: async () => {
      clock.follow();
      look();
      const own = sources.map(({ of, read }) => familyText(of, read())).join('');
      return own + (await register.metrics());
    },
    briefPage: () => {
      look();
      const both = chat === undefined ? [lagSource(briefLag)] : [connections, lagSource(briefLag)];
      return both.map(({ of, read }) => familyText(of, read())).join('');
    },
    contentType: register.contentType,
    close: () => {
      lag.close();
      briefLag.close();
    },
  };

  const connections: Source = {
    of: family.connections,
    read: () => [
      { labels: { transport: 'websocket' }, value: reading.websocket },
      { labels: { transport: 'polling' }, value: reading.polling },
    ],
  };
  const has = partsOf(options);
  const sources = [
    one(family.info, () => 1, { node: options.node, role: options.role, version }),
    connections,
    one(family.connectionsOpened, () => metrics.connectionsOpened),
    each(family.disconnections, 'reason', metrics.disconnections),
    each(family.connectionErrors, 'code', metrics.connectionErrors),
    one(family.transportUpgrades, () => upgrades),
    each(family.eventsReceived, 'event', eventsReceived),
    each(family.eventsSent, 'event', metrics.eventsSent),
    one(family.sentBytes, () => metrics.sentBytes),
    {
      of: family.eventSeconds,
      read: () =>
        [...eventTimes].flatMap(([event, { ok, error }]) => [
          { labels: { event, outcome: 'ok' }, value: ok },
          { labels: { event, outcome: 'error' }, value: error },
        ]),
    },
    each(family.refusals, 'code', refusals),
    one(family.broadcastSeconds, () => metrics.broadcastSeconds),
    one(family.adapterLagSeconds, () => adapterLag),
    one(family.adapterErrors, () => metrics.adapterErrors),
    one(family.pingRttSeconds, () => pingRtt),
    one(family.sendBufferBytes, () => reading.queuedBytes),
    one(family.slowClientsClosed, () => metrics.slowClientsClosed),
    { of: family.httpSeconds, read: httpTimes.series },
    lagSource(lag),
    one(family.redisUp, () => (gauges.redisUp() === true ? 1 : 0)),
    one(family.draining, () => (gauges.draining() ? 1 : 0)),
  ].filter(({ of: { needs = [] } }) => needs.every((part) => has.has(part)));

  return metrics;
}

const latencyTally = (): Tally => createTally(latencyBuckets);

function one(
  of: MetricFamily,
  read: () => number | Tally,
  labels: Readonly<Record<string, string>> = {},
): Source {
  return { of, read: () => [{ labels, value: read() }] };
}

function each(of: MetricFamily, label: string, counts: Counts): Source {
  return {
    of,
    read: () => [...counts.of].map(([key, value]) => ({ labels: { [label]: key }, value })),
  };
}

function lagSource(lag: LoopLag): Source {
  return {
    of: family.eventLoopLagSeconds,
    read: () => {
      const { p50, p99, max } = lag.read();
      return [
        { labels: { stat: 'p50' }, value: p50 },
        { labels: { stat: 'p99' }, value: p99 },
        { labels: { stat: 'max' }, value: max },
      ];
    },
  };
}

function partsOf({ role, messagePath, redisUrl }: MetricsOptions): ReadonlySet<ServerPart> {
  const parts = new Set<ServerPart>();
  if (role !== 'api') parts.add('chat');
  if (redisUrl !== undefined) parts.add('redis');
  if (messagePath === 'log') parts.add('log');
  return parts;
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
