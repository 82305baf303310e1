/** The events of one signed-in connection: checks each request, serves it, answers it. */
import {
  event,
  type HistoryAck,
  type JoinAck,
  type PresenceAck,
  type LeaveAck,
  type Refusal,
  type RefusalCode,
  type RemoveAck,
  type SendAck,
  type SendRequest,
  type WhoamiAck,
} from '../contract.ts';
import { LogUnavailable } from '../log/room-log.ts';
import type { Metrics } from '../metrics.ts';
import type { ChatSocket } from './chat-socket.ts';
import type { MessagePath } from './message-path.ts';
import { oneByOne } from './one-by-one.ts';
import {
  parseHistory,
  parseJoin,
  parseLeave,
  parseRemove,
  parseResume,
  parseSend,
  roomsPerClient,
} from './parse.ts';
import type { Presence } from './presence.ts';
import type { SendLimiter } from './send-limit.ts';
import { cutOffSlow, taken } from './slow-client.ts';
import { traceConnection, type SendTrace } from '../trace/connection-trace.ts';
import type { Trace } from '../trace/trace.ts';

export type ConnectionDeps = {
  /** This node's name. */
  readonly node: string;
  readonly path: MessagePath;
  readonly presence: Presence;
  /** `undefined`: no limit. */
  readonly limiter: SendLimiter | undefined;
  readonly metrics: Metrics;
  readonly trace: Trace;
  /** Called before a request is acted on: it may close this connection. */
  readonly wakeCheck: () => void;
};

/** How long a client should wait before it tries again what the store did not answer. */
const retryAfterMs = 500;
/** Requests of one connection that may wait for their answers: as many as anybody has rooms, and more. */
const requestsAtOnce = 4096;

/** Call it at once in the `connection` event: a listener added later misses the first requests. */
export function serveConnection(socket: ChatSocket, deps: ConnectionDeps): void {
  const { path, presence, limiter, metrics } = deps;
  const { logger } = deps.trace;
  const { rooms } = socket.data;
  const trace = traceConnection(socket, deps.trace);

  on(event.join, parseJoin, async ({ room }): Promise<JoinAck> => {
    if (!rooms.has(room) && rooms.size >= roomsPerClient) {
      return refusal('FORBIDDEN', `at most ${roomsPerClient} rooms at once`);
    }
    const joined = await inTurn(room, () => path.join(socket, room));
    return { ok: true, ...joined };
  });

  on(event.leave, parseLeave, async ({ room }): Promise<LeaveAck> => {
    if (!rooms.has(room)) return { ok: true };
    const left = await inTurn(room, async () => path.leave(socket, room));
    return { ok: true, ...left };
  });

  on(event.send, parseSend, async (request): Promise<SendAck> => {
    const step = trace.sending(request);
    const ack = await send(request, step);
    step.acked(ack);
    return ack;
  });

  // An answer may have megabytes: the next one is made when the client has taken it.
  const answering = oneByOne();
  on(event.history, parseHistory, async ({ room, after, limit }): Promise<HistoryAck> => {
    if (!(await isIn(room))) return notIn(room);
    return answering(async () => {
      await taken(socket);
      // Who left meanwhile, or is gone: nothing is read for nobody.
      if (!path.has(socket, room)) return notIn(room);
      return path.history(room, after, limit);
    });
  });

  on(event.remove, parseRemove, async ({ room, seq }): Promise<RemoveAck> => {
    if (socket.data.role !== 'ADMIN') return refusal('FORBIDDEN', 'only an ADMIN removes messages');
    if (!(await isIn(room))) return notIn(room);
    if (await path.remove(room, seq)) return { ok: true };
    return refusal('NOT_FOUND', `no message ${seq} in ${room}`);
  });

  on(
    event.whoami,
    () => true,
    (): Promise<WhoamiAck> => Promise.resolve({ ok: true, node: deps.node }),
  );

  on(event.presence, parseJoin, async ({ room }): Promise<PresenceAck> => {
    return { ok: true, members: await presence.members(room) };
  });

  socket.on('disconnect', (reason) => {
    metrics.disconnections.add(reason);
    for (const room of rooms.keys()) {
      path.leave(socket, room);
      presence.touched(room);
    }
    rooms.clear();
  });

  const resume = parseResume(socket.handshake.auth);
  if (resume !== undefined) {
    const resumed = path.resume(socket, resume.epoch, resume.rooms);
    for (const room of resume.rooms.keys()) rooms.set(room, resumed);
    resumed
      .then(() => {
        for (const room of resume.rooms.keys()) settle(room, resumed);
      })
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'a resume failed');
        // Half resumed is worse than away: the client comes back and asks again.
        socket.conn.close();
      });
  }

  async function send(request: SendRequest, step: SendTrace): Promise<SendAck> {
    const { room, id } = request;
    if (!(await isIn(room))) return notIn(room);
    const message = { ...request, sender: socket.data.user };
    if (limiter !== undefined) {
      const waitMs = await limiter.take(socket.data.user);
      if (waitMs > 0) {
        // A retry of what is stored is not refused: the client would take it for lost.
        const stored = await path.find({ room, id, sender: message.sender });
        if (stored !== undefined) return { ok: true, seq: stored.seq, at: stored.at };
        return { ...refusal('RATE_LIMITED', 'too many messages'), retryAfterMs: waitMs };
      }
    }
    const stored = await path.send(message);
    step.stored(stored);
    return { ok: true, seq: stored.seq, at: stored.at };
  }

  /**
   * One thing at a time per room: a join must not overtake the replay of a resume, nor a leave take
   * away what a join behind it has begun.
   */
  async function inTurn<T>(room: string, go: () => Promise<T>): Promise<T> {
    const step = entered(room).then(go);
    rooms.set(room, step);
    try {
      return await step;
    } finally {
      settle(room, step);
    }
  }

  async function entered(room: string): Promise<void> {
    try {
      await rooms.get(room);
    } catch {
      // Whoever asked for that was told.
    }
  }

  function settle(room: string, step: Promise<unknown>): void {
    presence.touched(room);
    if (rooms.get(room) !== step) return;
    if (path.has(socket, room)) rooms.set(room, undefined);
    else rooms.delete(room);
  }

  async function isIn(room: string): Promise<boolean> {
    if (path.has(socket, room)) return true;
    if (!rooms.has(room)) return false;
    await entered(room);
    return path.has(socket, room);
  }

  function on<Request, Ack>(
    name: string,
    parse: (payload: unknown) => Request | undefined,
    serve: (request: Request) => Promise<Ack>,
  ): void {
    const answer = async (
      request: Request,
      reply: Reply | undefined,
      arrivedMs: number,
    ): Promise<void> => {
      const isTooMany = socket.data.inFlight >= requestsAtOnce;
      socket.data.inFlight += 1;
      let refused: RefusalCode | undefined;
      try {
        const ack = isTooMany ? tooMany() : await serve(request);
        reply?.(ack);
        // Who is gone was refused nothing: it is no member any more because it is gone.
        if (isRefusal(ack) && socket.connected) {
          refused = ack.code;
          trace.refused(name, request, ack.code);
        }
      } catch (error) {
        refused = 'UNAVAILABLE';
        trace.refused(name, request, 'UNAVAILABLE');
        if (!(error instanceof LogUnavailable)) logger.error({ err: error, event: name }, 'failed');
        reply?.({
          ...refusal('UNAVAILABLE', 'the store does not answer; try again'),
          retryAfterMs,
        });
      } finally {
        socket.data.inFlight -= 1;
        metrics.eventDone(name, (performance.now() - arrivedMs) / 1000, refused);
      }
    };
    socket.on(name, (...args: unknown[]) => {
      deps.wakeCheck();
      // Who asks and never reads would have all the answers kept here.
      if (cutOffSlow(socket, metrics) || !socket.connected) return;
      const arrivedMs = performance.now();
      const reply = args.find(isReply);
      const request = parse(args[0]);
      if (request === undefined) {
        reply?.(refusal('BAD_REQUEST', `not what ${name} takes`));
        metrics.eventDone(name, (performance.now() - arrivedMs) / 1000, 'BAD_REQUEST');
        trace.refused(name, args[0], 'BAD_REQUEST');
        return;
      }
      void answer(request, reply, arrivedMs);
    });
  }
}

function isRefusal(ack: unknown): ack is Refusal {
  return typeof ack === 'object' && ack !== null && 'ok' in ack && ack.ok === false;
}

type Reply = (ack: unknown) => void;

function isReply(value: unknown): value is Reply {
  return typeof value === 'function';
}

function refusal(code: RefusalCode, message: string): Refusal {
  return { ok: false, code, message };
}

function tooMany(): Refusal {
  const why = `more than ${requestsAtOnce} requests wait for an answer`;
  return { ...refusal('RATE_LIMITED', why), retryAfterMs };
}

function notIn(room: string): Refusal {
  return refusal('FORBIDDEN', `not in ${room}`);
}
