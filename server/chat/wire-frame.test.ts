import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { expect, onTestFinished, test } from 'vitest';
import { chatNamespace } from '../contract.ts';
import type { ChatNamespace, ChatSocket } from './chat-socket.ts';
import { wireFrame, writeFrame } from './wire-frame.ts';

/** Both ends of one connection: the server's, and a client that notes the numbers it is told. */
async function connected(
  transports: ('polling' | 'websocket')[],
): Promise<{ readonly server: ChatSocket; readonly client: Socket; readonly told: number[] }> {
  const http = createServer().listen(0, '127.0.0.1');
  const socketIo = new Server(http, { perMessageDeflate: false });
  onTestFinished(() => socketIo.close());
  await once(http, 'listening');
  const chat: ChatNamespace = socketIo.of(chatNamespace);
  const { port } = http.address() as AddressInfo;
  const client = io(`http://127.0.0.1:${port}${chatNamespace}`, { transports, forceNew: true });
  onTestFinished(() => void client.disconnect());
  const told: number[] = [];
  client.on('frame', ({ n }: { readonly n: number }) => told.push(n));
  client.on('packet', (n: number) => told.push(n));
  const server = await new Promise<ChatSocket>((resolve) => {
    chat.once('connection', resolve);
  });
  return { server, client, told };
}

const upTo = (end: number): readonly number[] => Array.from({ length: end }, (_, n) => n);

/** Numbers from 0, by turns as a finished frame and as a packet of Socket.IO's own. */
function teller(server: ChatSocket, pad = ''): (count: number) => number {
  let next = 0;
  return (count) => {
    for (let n = 0; n < count; n += 1, next += 1) {
      if (next % 3 === 0) server.emit('packet', next, pad);
      else writeFrame(server, wireFrame('frame', JSON.stringify({ n: next, pad })));
    }
    return next;
  };
}

test('a frame for a client that keeps up does not pass through the queue for those who lag', async () => {
  const { server, told } = await connected(['websocket']);
  let queued = 0;
  server.conn.on('flush', () => (queued += 1));
  for (const n of upTo(100)) writeFrame(server, wireFrame('frame', JSON.stringify({ n })));
  await expect.poll(() => told).toEqual(upTo(100));
  expect(queued).toBe(0);
});

test('frames and packets keep their order, however many a turn', async () => {
  const { server, told } = await connected(['websocket']);
  const tell = teller(server);
  for (const count of [1, 2, 7, 50]) {
    tell(count);
    await new Promise(setImmediate);
  }
  const all = tell(200);
  await expect.poll(() => told).toEqual(upTo(all));
});

test('what a client did not take waits where its backlog is measured, and comes in order', async () => {
  const { server, client, told } = await connected(['websocket']);
  const { ws } = client.io.engine.transport as unknown as {
    readonly ws: { pause(): void; resume(): void };
  };
  ws.pause();
  const tell = teller(server, 'x'.repeat(16 * 1024));
  const waiting = (): number =>
    (server.conn as unknown as { readonly writeBuffer: readonly unknown[] }).writeBuffer.length;
  let all = 0;
  // Far more than the kernel's buffers hold; a turn between, so that it takes what it can.
  while (waiting() < 100 && all < 4000) {
    all = tell(10);
    await new Promise(setImmediate);
  }
  expect(waiting()).toBeGreaterThanOrEqual(100);
  ws.resume();
  while (waiting() > 0) {
    all = tell(1);
    await new Promise(setImmediate);
  }
  all = tell(10);
  await expect.poll(() => told, { timeout: 15_000 }).toEqual(upTo(all));
});

test('the order holds while a connection moves from long polling to WebSocket', async () => {
  const { server, told } = await connected(['polling', 'websocket']);
  const tell = teller(server);
  let upgraded = false;
  server.conn.once('upgrade', () => (upgraded = true));
  while (!upgraded) {
    tell(2);
    await new Promise(setImmediate);
  }
  const all = tell(100);
  await expect.poll(() => told).toEqual(upTo(all));
});
