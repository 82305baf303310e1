/** The lines about one connection and what it asks. */
import type { Logger } from 'pino';
import type { ChatSocket } from '../chat/chat-socket.ts';
import type { SendAck, SendRequest } from '../contract.ts';
import type { Appended } from '../log/room-log.ts';
import { requestId } from '../request-id.ts';
import { connectionId } from './connection-id.ts';
import type { Trace } from './trace.ts';

export type ConnectionTrace = {
  /** A message came in. */
  sending(request: SendRequest): SendTrace;
  /** An event was not done: always told, within the budget. */
  refused(event: string, payload: unknown, code: string): void;
};

export type SendTrace = {
  /** The store has answered, and has told the other nodes in the same step. */
  stored(appended: Appended): void;
  acked(ack: SendAck): void;
};

/** A send that took longer leaves a line though it was not picked. */
const slowMs = 100;

/** Logs the handshake now, and the end when it comes. */
export function traceConnection(socket: ChatSocket, trace: Trace): ConnectionTrace {
  const { conn } = socket;
  // One child a connection that has something to say: most of 10,000 have nothing.
  let made: Logger | undefined;
  const logger = (): Logger =>
    (made ??= trace.logger.child({
      reqId: requestId(socket.request),
      connId: connectionId(socket.request),
      socketId: socket.id,
      user: socket.data.user,
    }));
  logger().info({ transport: conn.transport.name }, 'connection opened');
  conn.once('upgrade', (transport: { readonly name: string }) => {
    logger().info({ transport: transport.name }, 'connection upgraded');
  });
  socket.once('disconnect', (reason) => {
    logger().info({ reason, transport: conn.transport.name }, 'connection closed');
  });
  made = undefined;

  return {
    sending: (request) => {
      const startedMs = performance.now();
      const fields = { msgId: request.id, room: request.room };
      const picked = trace.picks(request.id);
      if (picked) logger().info(fields, 'message taken');
      const tookMs = (): number => rounded(performance.now() - startedMs);
      let storedMs = 0;
      return {
        stored: ({ seq, duplicate }) => {
          storedMs = tookMs();
          if (!picked) return;
          logger().info({ ...fields, seq, duplicate, tookMs: storedMs }, 'message stored');
        },
        acked: (ack) => {
          if (!ack.ok) return;
          const line = { ...fields, seq: ack.seq, storedMs, tookMs: tookMs() };
          if (picked) logger().info(line, 'message acked');
          else if (line.tookMs > slowMs && trace.allows()) logger().warn(line, 'message slow');
        },
      };
    },
    refused: (event, payload, code) => {
      if (!trace.allows()) return;
      logger().warn({ event, code, ...messageOf(payload) }, 'event refused');
    },
  };
}

/** Of a payload that may be anything: what names a message or a room, if it is text of fair length. */
function messageOf(payload: unknown): { readonly msgId?: string; readonly room?: string } {
  const text = (key: 'id' | 'room'): string | undefined => {
    if (typeof payload !== 'object' || payload === null) return undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(payload, key)?.value;
    return typeof value === 'string' && value.length <= 128 ? value : undefined;
  };
  const id = text('id');
  const room = text('room');
  return {
    ...(id === undefined ? {} : { msgId: id }),
    ...(room === undefined ? {} : { room }),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
