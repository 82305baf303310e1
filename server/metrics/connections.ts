/** What is read of the connections themselves: as they change, and all of them at a scrape. */
import type { Server } from 'socket.io';
import type { ChatNamespace, ChatSocket } from '../chat/chat-socket.ts';

type Connection = ChatSocket['conn'];

/** What becomes of a connection that the chat's own events do not tell. */
export type ConnectionNews = {
  upgraded(): void;
  /** From a ping to its pong. */
  pinged(seconds: number): void;
  /** An event came, by whatever name the client gave it. */
  heard(eventName: string): void;
  /** Socket.IO itself sent an event: all of the path `adapter`; on the path `log` the fan-out sends. */
  told(eventName: string): void;
};

/** One listener of each kind for all connections: 10,000 of them add no closure each. */
export function watchConnections(
  engine: Server['engine'],
  chat: ChatNamespace,
  news: ConnectionNews,
): void {
  /** When the ping was sent that is not answered yet. */
  const pingedAt = new WeakMap<Connection, number>();
  const onCreate = function (this: Connection, packet: { readonly type: string }): void {
    if (packet.type === 'ping') pingedAt.set(this, performance.now());
  };
  const onPong = function (this: Connection): void {
    const at = pingedAt.get(this);
    if (at === undefined) return;
    pingedAt.delete(this);
    news.pinged((performance.now() - at) / 1000);
  };
  const onUpgrade = (): void => news.upgraded();
  const onEvent = (eventName: string): void => news.heard(eventName);
  const onSent = (eventName: string): void => news.told(eventName);
  engine.on('connection', (connection: Connection) => {
    connection.on('packetCreate', onCreate);
    connection.on('heartbeat', onPong);
    connection.on('upgrade', onUpgrade);
  });
  chat.on('connection', (socket) => {
    socket.onAny(onEvent);
    socket.onAnyOutgoing(onSent);
  });
}

/** All connections to the chat, looked at once. */
export type ConnectionReading = {
  readonly websocket: number;
  readonly polling: number;
  /** Bytes that wait in this process for clients to read: Engine.IO's queues and the sockets' below. */
  readonly queuedBytes: number;
};

/** One walk: of 10,000 connections it is most of what a scrape costs. */
export function readConnections(chat: ChatNamespace): ConnectionReading {
  let polling = 0;
  let queuedBytes = 0;
  for (const { conn } of chat.sockets.values()) {
    // Neither is in engine.io's public types.
    const { writeBuffer, transport } = conn as unknown as Queues;
    if (transport.name === 'polling') polling += 1;
    // Engine.IO may write again: the kernel has all but, at most, the rest of one frame that went
    // past its queue, which shows with the next. To look into every socket is half a scrape more.
    else if (!transport.writable) queuedBytes += transport.socket?.bufferedAmount ?? 0;
    if (writeBuffer.length > 0) queuedBytes += bytesOf(writeBuffer);
  }
  return { websocket: chat.sockets.size - polling, polling, queuedBytes };
}

type Queues = {
  readonly writeBuffer: readonly { readonly data?: unknown }[];
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    readonly socket?: { readonly bufferedAmount?: number };
  };
};

function bytesOf(packets: Queues['writeBuffer']): number {
  let bytes = 0;
  for (const { data } of packets) {
    if (typeof data === 'string' || Buffer.isBuffer(data)) bytes += data.length;
  }
  return bytes;
}
