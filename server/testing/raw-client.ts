/** A client over a bare socket: it signs in when a test says so, and can stop reading. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { chatNamespace } from '../contract.ts';
import { accessToken } from './client.ts';

export type RawClient = {
  readonly socket: Socket;
  /** Sends one Engine.IO packet. */
  send(packet: string): void;
  /** Resolves when the server has sent the text, from the call on. */
  heard(text: string): Promise<void>;
  signIn(user: string): Promise<void>;
};

/** Connected by WebSocket, as far as Engine.IO; not yet in the chat. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const heard = async (text: string): Promise<void> => {
    let all = '';
    while (!all.includes(text)) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      all += chunk.toString('latin1');
    }
  };
  const send = (packet: string): void => void socket.write(masked(packet));
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await heard('"sid"');
  return {
    socket,
    send,
    heard,
    signIn: async (user) => {
      send(`40${chatNamespace},${JSON.stringify({ token: await accessToken(user) })}`);
      await heard(`40${chatNamespace}`);
    },
  };
}

/** A client's text frame (RFC 6455: masked, here with zeros). */
export function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
