/** One node: its parts put together, started, and taken down in order. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { tokens as createTokens } from './auth/tokens.ts';
import { serveConnection } from './chat/connection.ts';
import { readHistory } from './chat/log-page.ts';
import type { MessagePath } from './chat/message-path.ts';
import type { Config } from './config.ts';
import { path as httpPath } from './contract.ts';
import { drainConnections } from './drain.ts';
import { cached } from './cached.ts';
import { answeredBlockFault } from './block-fault.ts';
import { createApp } from './http/app.ts';
import { attachSocketIo, type Gate } from './io.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createMessagePath, createStores } from './stores.ts';
import { createTrace } from './trace/trace.ts';
import { wakeGuard, type WakeGuard } from './wake-guard.ts';

export type RunningServer = {
  readonly port: number;
  readonly metricsPort: number;
  /** Takes the node down without losing what is under way; at most `shutdownMs`. */
  drain(): Promise<void>;
};

/**
 * Connections the kernel holds until they are taken: a node may get all clients of a dead one at
 * once. Node's default of 511 would drop the rest, to try again a second later.
 */
const listenBacklog = 4096;
/** The most rooms that `GET /api/v1/rooms` lists, and how old its answer may be. */
const roomsListed = 100;
const roomsCachedMs = 500;

/**
 * Resolves when the node listens. Rejects when it cannot: a port in use, Redis out of reach.
 * @param makeMetrics another way of counting: what counting costs is measured against none.
 */
export async function startServer(
  config: Config,
  logger: Logger,
  makeMetrics: typeof createMetrics = createMetrics,
): Promise<RunningServer> {
  let draining = false;
  let connections = (): number => 0;
  let redisUp = (): boolean | undefined => undefined;
  const metrics = makeMetrics(config, {
    redisUp: () => redisUp(),
    draining: () => draining,
  });
  const stores = await createStores(config, logger, metrics);
  redisUp = stores.redisUp;
  const tokens = await createTokens(config.jwtSecret);
  const trace = createTrace(logger, config.traceSample);
  let path: MessagePath | undefined;
  const presence = stores.presence(
    config.role === 'api'
      ? undefined
      : { members: (room) => path?.members(room) ?? 0, sessions: () => connections() },
  );
  const app = await createApp({
    config,
    logger,
    trace,
    metrics,
    tokens,
    accounts: stores.accounts,
    redis: stores.redis?.client,
    rooms: {
      list: cached(() => stores.log.rooms(roomsListed), roomsCachedMs),
      history: (room, after, limit) => readHistory(stores.log, room, after, limit),
      members: (room) => presence.members(room),
      nodes: cached(() => presence.nodes(), roomsCachedMs),
    },
    health: {
      parts: () =>
        config.redisUrl === undefined ? [] : [{ name: 'redis', up: stores.writable() }],
      draining: () => draining,
    },
  });

  let gate: Gate | undefined;
  let guard: WakeGuard | undefined;
  if (config.role !== 'api') {
    guard = wakeGuard(config.pingTimeoutMs, (sleptMs) => {
      logger.warn({ sleptMs, dropped: connections() }, 'slept past the ping timeout');
      for (const socket of gate?.chat.sockets.values() ?? []) socket.conn.close(true);
    });
    const wakeCheck = guard.check;
    gate = attachSocketIo(app.server, {
      config,
      tokens,
      metrics,
      trace,
      draining: () => draining,
      wakeCheck,
      serve: (socket) => serveConnection(socket, deps),
    });
    path = createMessagePath(config, stores, gate, metrics, trace);
    const deps = {
      node: config.node,
      path,
      presence,
      limiter: stores.limiter,
      metrics,
      trace,
      wakeCheck,
    };
    const { chat } = gate;
    connections = () => chat.sockets.size;
  }

  await app.listen({ host: config.host, port: config.port, backlog: listenBacklog });
  const metricsServer = await serveMetrics(metrics, config);

  const takeDown = async (): Promise<void> => {
    const startedAt = performance.now();
    draining = true;
    const left = (): number => Math.max(0, config.shutdownMs - (performance.now() - startedAt));
    // No longer listening: the proxy takes the next node. Open requests and connections go on.
    const closed = stopListening(app.server);
    if (gate !== undefined) await drainConnections(gate.chat, left() * 0.8);
    guard?.close();
    path?.close();
    await withDeadline(closed, left() * 0.5);
    app.server.closeAllConnections();
    await withDeadline(presence.close(), left() * 0.5);
    await withDeadline(stores.close(), Math.min(left(), 2000));
    await withDeadline(app.close(), left());
    metricsServer.closeAllConnections();
    metricsServer.close();
    metrics.close();
  };

  let down: Promise<void> | undefined;
  return {
    port: portOf(app.server),
    metricsPort: portOf(metricsServer),
    drain: () => (down ??= takeDown()),
  };
}

async function serveMetrics(metrics: Metrics, config: Config): Promise<HttpServer> {
  const server = createServer((request, response) => {
    if (answeredBlockFault(request, response, config.faults)) return;
    const [path, query] = (request.url ?? '').split('?');
    if (path !== httpPath.metrics) {
      response.writeHead(404).end();
      return;
    }
    if (query === 'brief') {
      response.writeHead(200, { 'content-type': metrics.contentType }).end(metrics.briefPage());
      return;
    }
    metrics.page().then(
      (page) => response.writeHead(200, { 'content-type': metrics.contentType }).end(page),
      () => response.writeHead(500).end(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.metricsPort, config.host, () => resolve(server));
  });
}

function stopListening(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function withDeadline(done: Promise<unknown>, ms: number): Promise<void> {
  const deadline = new AbortController();
  await Promise.race([
    done.catch(() => {}),
    sleep(ms, undefined, { signal: deadline.signal, ref: false }).catch(() => {}),
  ]);
  deadline.abort();
}

function portOf(server: HttpServer): number {
  return (server.address() as AddressInfo).port;
}
