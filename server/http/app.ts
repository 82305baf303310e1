/** The HTTP side: Fastify with its guards, request ids and timings; the routes by role. */
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { LogController, fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Accounts } from '../auth/accounts.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Config } from '../config.ts';
import { header } from '../contract.ts';
import { LogUnavailable } from '../log/room-log.ts';
import type { Metrics } from '../metrics.ts';
import { requestId } from '../request-id.ts';
import type { Trace } from '../trace/trace.ts';
import { authRoutes, problem } from './auth-routes.ts';
import { healthRoutes, type Health } from './health-routes.ts';
import { roomRoutes, type Rooms } from './room-routes.ts';

export type AppDeps = {
  readonly config: Config;
  readonly logger: Logger;
  readonly trace: Trace;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly accounts: Accounts;
  readonly rooms: Rooms;
  readonly health: Health;
  /** Counts sign-in attempts over all nodes; in this process without it. */
  readonly redis: Redis | undefined;
};

/** Ready to listen; its `server` is where Socket.IO attaches. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { config, logger, metrics, trace } = deps;
  const app: FastifyInstance = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // A line per request costs more than the request; /metrics has the figures, and those picked
    // below their line.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    // nginx on this host says who the client is; nobody else is believed.
    trustProxy: 'loopback',
    bodyLimit: 64 * 1024,
    // A list is not a name: nothing is bent into the type that was asked for.
    ajv: { customOptions: { coerceTypes: false } },
    // Above nginx's 60 s, so that it never reuses a connection that is just being closed.
    keepAliveTimeout: 72_000,
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header(header.node, config.node);
    reply.header(header.requestId, request.id);
  });
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) metrics.routeKnown(one, url);
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.httpSeconds(reply.elapsedTime / 1000, {
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    const { id: reqId, method, url } = request;
    const { statusCode: status } = reply;
    const wrong = status >= 500 || status === 429;
    if (!trace.picks(reqId) && !(wrong && trace.allows())) return;
    // Without the query: it may hold what is nobody's business.
    const path = url.split('?', 1)[0];
    const line = {
      reqId,
      method,
      path,
      status,
      tookMs: Math.round(reply.elapsedTime * 1000) / 1000,
    };
    if (wrong) logger.warn(line, 'request answered');
    else logger.info(line, 'request answered');
  });
  app.setErrorHandler(async (error, _request, reply) => {
    if (!(error instanceof LogUnavailable)) throw error;
    const why = 'the store does not answer; try again';
    return reply
      .status(503)
      .header('retry-after', '1')
      .send(problem(503, 'Service Unavailable', why));
  });
  await app.register(helmet, {
    // Over plain HTTP a browser that believed either would never come back to this address.
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  app.addHook('onSend', async (request, reply) => {
    // The proxy says how the client came (`trustProxy` above: only a proxy on this host may).
    if (request.protocol !== 'https') return;
    reply.header('strict-transport-security', 'max-age=31536000; includeSubDomains');
    const policy = reply.getHeader('content-security-policy');
    if (typeof policy === 'string') {
      reply.header('content-security-policy', `${policy};upgrade-insecure-requests`);
    }
  });
  await app.register(cors, {
    origin: [...config.corsOrigins],
    credentials: true,
    exposedHeaders: [header.node, header.requestId],
  });
  healthRoutes(app, deps.health);
  if (config.role !== 'ws') {
    await app.register(async (scope) => authRoutes(scope, deps));
    roomRoutes(app, deps);
  }
  return app;
}
