/** Socket.IO on the HTTP server: who gets in, under which limits. */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Server } from 'socket.io';
import { TokenRefused, type Tokens } from './auth/tokens.ts';
import type { ChatNamespace, ChatSocket, SocketData } from './chat/chat-socket.ts';
import type { Config } from './config.ts';
import { chatNamespace, header, path } from './contract.ts';
import type { Metrics } from './metrics.ts';
import { originPasses } from './origin.ts';
import { requestId } from './request-id.ts';
import { connectionId, nameConnection } from './trace/connection-id.ts';
import type { Trace } from './trace/trace.ts';

export type Gate = { readonly io: Server; readonly chat: ChatNamespace };

type GateDeps = {
  readonly config: Config;
  readonly tokens: Tokens;
  readonly metrics: Metrics;
  readonly trace: Trace;
  /** While it drains, the node takes no new connection. */
  readonly draining: () => boolean;
  /** Called before a handshake is acted on. */
  readonly wakeCheck: () => void;
  /** Called once per signed-in connection. */
  readonly serve: (socket: ChatSocket) => void;
};

export function attachSocketIo(server: HttpServer, deps: GateDeps): Gate {
  const { config, metrics } = deps;
  const io = new Server(server, {
    path: path.socketIo,
    serveClient: false,
    // Another upgrade handler on this server must not lose its connections to Engine.IO's timer.
    destroyUpgrade: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: 65_536,
    connectTimeout: 10_000,
    pingInterval: config.pingIntervalMs,
    pingTimeout: config.pingTimeoutMs,
    allowRequest: (request, callback) => admit(request, callback, io, deps),
    ...(config.corsOrigins.length > 0
      ? { cors: { origin: [...config.corsOrigins], credentials: true } }
      : {}),
  });
  // The node's name in front lets a proxy route a session by its id alone (`proxy.ws.balance: sid`).
  // What follows is 120 random bits, as in Engine.IO's own id: nobody can guess a session.
  io.engine.generateId = (handshake: IncomingMessage) => {
    const id = `${config.node}.${randomBytes(15).toString('base64url')}`;
    nameConnection(handshake, id);
    return id;
  };
  server.on('upgrade', refuseOtherUpgrades);
  io.engine.on('headers', (headers: Record<string, string>, request: IncomingMessage) => {
    headers[header.node] = config.node;
    headers[header.requestId] = requestId(request);
  });
  io.engine.on('connection_error', (error: { readonly code: number }) => {
    metrics.connectionErrors.add(String(error.code));
  });
  // The root namespace exists in every Socket.IO server, open to all: nothing is served there.
  io.of('/').use((_socket, next) => next(new Error('no such namespace')));

  const chat: ChatNamespace = io.of(chatNamespace);
  chat.use((socket, next) => {
    const signInThenNext = async (): Promise<void> => {
      next(await signIn(socket, deps));
    };
    void signInThenNext();
  });
  metrics.watch(io.engine, chat);
  chat.on('connection', (socket) => {
    metrics.connectionsOpened += 1;
    deps.serve(socket);
  });
  return { io, chat };
}

/** The reason why not, for `connect_error`; `undefined` lets the socket in. */
async function signIn(
  socket: ChatSocket,
  { tokens, metrics, trace }: GateDeps,
): Promise<Error | undefined> {
  try {
    const claims = await tokens.verify(socket.handshake.auth['token'], 'access');
    const data: SocketData = { user: claims.sub, role: claims.role, rooms: new Map(), inFlight: 0 };
    Object.assign(socket.data, data);
    return undefined;
  } catch (error) {
    const code = error instanceof TokenRefused ? error.code : 'INTERNAL';
    if (trace.allows()) {
      const connId = connectionId(socket.request);
      trace.logger.warn({ reqId: requestId(socket.request), connId, code }, 'connection refused');
    }
    return asConnectError(error, code, metrics);
  }
}

function asConnectError(error: unknown, code: string, metrics: Metrics): Error {
  metrics.connectionErrors.add(error instanceof TokenRefused ? 'token' : 'other');
  const message = error instanceof TokenRefused ? error.message : 'could not sign in';
  return Object.assign(new Error(message), { data: { code } });
}

/** The handshake, for both transports. A refused one is answered here and goes no further. */
function admit(
  request: IncomingMessage & { readonly res?: ServerResponse },
  callback: (error: string | null | undefined, success: boolean) => void,
  io: Server,
  { config, metrics, trace, draining, wakeCheck }: GateDeps,
): void {
  wakeCheck();
  const refuse = (status: 403 | 503, code: 'origin' | 'draining' | 'full', why: string): void => {
    metrics.connectionErrors.add(code);
    if (trace.allows()) {
      trace.logger.warn({ reqId: requestId(request), code: why }, 'connection refused');
    }
    const { res } = request;
    if (res === undefined) {
      refuseUpgrade(request.socket, status, why);
    } else {
      res.writeHead(status, { 'content-type': 'application/json', [header.node]: config.node });
      res.end(JSON.stringify({ message: why }));
    }
  };
  const { origin, host } = request.headers;
  if (!originPasses(origin, host, config.corsOrigins))
    return refuse(403, 'origin', 'origin not allowed');
  if (draining()) return refuse(503, 'draining', 'draining');
  if (config.maxConnections !== undefined && io.engine.clientsCount >= config.maxConnections) {
    return refuse(503, 'full', 'full');
  }
  callback(null, true);
}

const reasons = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' } as const;

function refuseUpgrade(socket: Duplex, status: keyof typeof reasons, why: string): void {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${why.length}\r\n\r\n${why}`,
    () => socket.destroy(),
  );
}

function refuseOtherUpgrades(request: IncomingMessage, socket: Duplex): void {
  if (request.url?.startsWith(path.socketIo) === true) return;
  refuseUpgrade(socket, 404, 'nothing to upgrade to here');
}
