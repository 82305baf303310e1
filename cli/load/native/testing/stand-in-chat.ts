/**
 * A chat server of a few lines that speaks server/contract.ts: for tests of what clients do when a
 * server dies, refuses, forgets or stalls, which a well-behaved one cannot be asked to do.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';

import { Server, type Socket } from 'socket.io';

import { chatNamespace, event, type ChatMessage } from '../../../../server/contract.ts';

export type StandIn = {
  readonly url: string;
  readonly io: Server;
  /** Messages stored, by room. */
  readonly rooms: ReadonlyMap<string, ChatMessage[]>;
  /** Broadcasts handed to members so far. */
  readonly delivered: () => number;
  /** While set, handshakes are answered with this status. */
  refuseWith: number | undefined;
  /** While set, sends are answered so instead of being stored. */
  nack: { readonly code: string; readonly retryAfterMs?: number } | undefined;
  /** While true, sends are neither stored nor answered. */
  mute: boolean;
  /** Sends are stored at once and answered this much later. */
  answerAfterMs: number;
  /** While true, those who ask for a room get no answer. */
  muteJoins: boolean;
  /** While true, those who leave get no answer. */
  muteLeaves: boolean;
  /** Resolves when somebody has asked to leave. */
  readonly firstLeave: Promise<void>;
  /** While true, only members of a room may read its log, as the reference server has it. */
  membersOnly: boolean;
  /** How often somebody who is in no such room asked for its log meanwhile. */
  readonly forbidden: () => number;
  /** What a leave's ack holds beside `ok`, given the head of the room; by default its seq. */
  leaveAck: (head: number) => object;
  /** While true, whoever resumes must refetch. */
  readonly resyncOnResume: { value: boolean };
  /** How many of the next questions for a log are answered that it is not to be had now. */
  unavailableLogs: number;
  /** While true, who asks for a log gets no answer. */
  muteLogs: boolean;
  /** Goes on with empty logs under another epoch, as a server does that kept them in memory. */
  forget(): void;
  /** Cuts every connection, as a crash does; the port stays open. */
  cut(): void;
  close(): Promise<void>;
};

/** Starts it on a free port of 127.0.0.1, or on `port`. */
export async function startStandIn(port = 0): Promise<StandIn> {
  const sockets = new Set<NetSocket>();
  const http = createServer((request, response) => {
    response.statusCode = request.url?.startsWith('/api/') === true ? 200 : 404;
    response.end('{}');
  });
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const rooms = new Map<string, ChatMessage[]>();
  let delivered = 0;
  let forbidden = 0;
  let epochs = 1;
  const epoch = (): string => `e${epochs}`;
  const left = Promise.withResolvers<void>();
  const io = new Server({ serveClient: false });
  const standIn: StandIn = {
    url: '',
    io,
    rooms,
    delivered: () => delivered,
    refuseWith: undefined,
    nack: undefined,
    mute: false,
    answerAfterMs: 0,
    muteJoins: false,
    muteLeaves: false,
    membersOnly: false,
    forbidden: () => forbidden,
    firstLeave: left.promise,
    leaveAck: (seq) => ({ seq, epoch: epoch() }),
    resyncOnResume: { value: false },
    unavailableLogs: 0,
    muteLogs: false,
    forget() {
      rooms.clear();
      epochs += 1;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await io.close();
    },
  };
  http.prependListener('upgrade', (_request, socket) => {
    if (standIn.refuseWith === undefined) return;
    socket.end(`HTTP/1.1 ${standIn.refuseWith} No\r\nConnection: close\r\n\r\n`);
  });
  io.attach(http);
  const logOf = (room: string): ChatMessage[] => {
    const log = rooms.get(room) ?? [];
    rooms.set(room, log);
    return log;
  };
  const chat = io.of(chatNamespace);
  chat.on('connection', (socket) => {
    serve(socket);
    resume(socket);
  });

  function serve(socket: Socket): void {
    socket.on(event.join, async ({ room }: { room: string }, answer: (value: unknown) => void) => {
      if (standIn.muteJoins) return;
      await socket.join(room);
      answer({ ok: true, seq: logOf(room).length, epoch: epoch() });
    });
    socket.on(event.leave, ({ room }: { room: string }, answer: (value: unknown) => void) => {
      left.resolve();
      if (standIn.muteLeaves) return;
      void socket.leave(room);
      answer({ ok: true, ...standIn.leaveAck(logOf(room).length) });
    });
    socket.on(
      event.send,
      (message: { id: string; room: string; body: string }, answer: (value: unknown) => void) => {
        if (standIn.mute) return;
        if (standIn.nack !== undefined) {
          answer({ ok: false, message: 'no', ...standIn.nack });
          return;
        }
        const { id, room, body } = message;
        const log = logOf(room);
        const known = log.find((stored) => stored.id === id);
        const seq = known?.seq ?? log.length + 1;
        const stored = { room, seq, id, sender: 'somebody', body, at: Date.now() };
        if (known === undefined) {
          log.push(stored);
          delivered += chat.adapter.rooms.get(room)?.size ?? 0;
          chat.to(room).emit(event.message, stored);
        }
        const reply = { ok: true, seq, at: stored.at };
        if (standIn.answerAfterMs === 0) answer(reply);
        else setTimeout(answer, standIn.answerAfterMs, reply);
      },
    );
    socket.on(
      event.history,
      (
        { room, after, limit }: { room: string; after: number; limit: number },
        answer: (value: unknown) => void,
      ) => {
        if (standIn.membersOnly && !socket.rooms.has(room)) {
          forbidden += 1;
          answer({ ok: false, code: 'FORBIDDEN', message: `not in ${room}` });
          return;
        }
        if (standIn.muteLogs) return;
        if (standIn.unavailableLogs > 0) {
          standIn.unavailableLogs -= 1;
          answer({ ok: false, code: 'UNAVAILABLE', message: 'not now', retryAfterMs: 50 });
          return;
        }
        const log = logOf(room);
        const messages = log.slice(after, after + limit);
        answer({ ok: true, epoch: epoch(), messages, head: log.length });
      },
    );
  }

  function resume(socket: Socket): void {
    const { resume: wanted } = socket.handshake.auth as {
      resume?: { epoch: string; rooms: Record<string, number> };
    };
    if (wanted === undefined) return;
    const isOld = standIn.resyncOnResume.value || wanted.epoch !== epoch();
    const answer: Record<string, { seq: number; resync?: true }> = {};
    for (const [room, lastSeq] of Object.entries(wanted.rooms)) {
      void socket.join(room);
      const log = logOf(room);
      const resync = isOld || lastSeq > log.length;
      answer[room] = resync ? { seq: log.length, resync: true } : { seq: log.length };
      if (resync) continue;
      for (const message of log.slice(lastSeq)) {
        delivered += 1;
        socket.emit(event.message, message);
      }
    }
    socket.emit(event.resumed, { epoch: epoch(), rooms: answer });
  }

  await new Promise<void>((resolve) => {
    http.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = http.address() as AddressInfo;
  return Object.assign(standIn, { url: `http://127.0.0.1:${bound}` });
}
