/**
 * An event encoded once for all its recipients, in the two forms Engine.IO can send: the text for
 * long polling and the finished WebSocket frame. Socket.IO's own adapter does the same; doing it
 * here spares the parse and the second stringify, since the log already holds JSON.
 */
import { chatNamespace } from '../contract.ts';
import type { ChatSocket } from './chat-socket.ts';

/** What `engine.io`'s Socket.write takes; one object may serve any number of sockets. */
export type WireFrame = {
  /** Socket.IO packet: type 2 (event), the namespace, the arguments. */
  readonly text: string;
  /** Length of the WebSocket frame. */
  readonly bytes: number;
  readonly options: { compress: boolean; readonly wsPreEncodedFrame: readonly Buffer[] };
};

/** @param json the event's one argument, as JSON text. */
export function wireFrame(eventName: string, json: string): WireFrame {
  const text = `2${chatNamespace},["${eventName}",${json}]`;
  const frame = textFrame(text);
  return { text, bytes: frame.length, options: { compress: false, wsPreEncodedFrame: [frame] } };
}

/**
 * Hands the frame to one connection. Where nothing waits on its WebSocket it goes straight there:
 * the way through Engine.IO's queue was a twelfth of a server's CPU, for those who do not lag.
 */
export function writeFrame(socket: ChatSocket, frame: WireFrame): void {
  const { wsPreEncodedFrame } = frame.options;
  const sender = idleSender(socket);
  if (sender === undefined) socket.conn.write(frame.text, frame.options);
  else sender.sendFrame(wsPreEncodedFrame);
}

/**
 * What frames are written by, if no byte of this connection waits in this process: then what is
 * written now comes after all before it. Once the kernel takes no more, `undefined`, so that the
 * rest waits in Engine.IO's queue, where `slow-client.ts` sees it.
 */
function idleSender(socket: ChatSocket): FrameSender | undefined {
  // Half of this is not in engine.io's public types; it sends frames made beforehand the same way.
  const { readyState, writeBuffer, transport } = socket.conn as unknown as Connection;
  if (readyState !== 'open' || writeBuffer.length > 0) return undefined;
  const { name, socket: webSocket } = transport;
  if (name !== 'websocket' || webSocket?.readyState !== webSocketOpen) return undefined;
  return webSocket.bufferedAmount === 0 ? webSocket._sender : undefined;
}

const webSocketOpen = 1;

type FrameSender = { sendFrame(frame: readonly Buffer[]): void };

type Connection = {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: {
    readonly name: string;
    readonly socket?: {
      readonly readyState: number;
      readonly bufferedAmount: number;
      readonly _sender?: FrameSender;
    };
  };
};

/**
 * A whole, unmasked text frame (RFC 6455 §5.2) around an Engine.IO message (type `4`), in one
 * buffer, so that each recipient costs one plain write.
 */
function textFrame(text: string): Buffer {
  const payload = 1 + Buffer.byteLength(text);
  const head = payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + payload);
  frame[0] = 0x81;
  if (head === 2) {
    frame[1] = payload;
  } else if (head === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
  frame[head] = 0x34;
  frame.write(text, head + 1, 'utf8');
  return frame;
}
