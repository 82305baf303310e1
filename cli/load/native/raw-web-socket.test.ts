import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

import type { Dial } from './channel.ts';
import { rawWebSocketTransport } from './raw-web-socket.ts';
import type { Transport, TransportFailure } from './transport.ts';

/** A `ws` server for one connection, and the lean client dialled to it. */
async function dialled(serve: (peer: WebSocket) => void): Promise<{
  readonly transport: Transport;
  readonly packets: string[];
  readonly failure: Promise<TransportFailure>;
  said(count: number): Promise<string[]>;
}> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, path: '/socket.io/' });
  server.on('connection', serve);
  onTestFinished(() => {
    for (const peer of server.clients) peer.terminate();
    server.close();
    http.close();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return dial((http.address() as AddressInfo).port);
}

function dial(port: number): ReturnType<typeof dialled> extends Promise<infer T> ? T : never {
  const packets: string[] = [];
  const waiting = new Set<() => void>();
  const failed = Promise.withResolvers<TransportFailure>();
  const target: Dial = {
    url: new URL(`http://127.0.0.1:${port}`),
    localAddress: undefined,
    auth: '{}',
    cookies: undefined as never,
  };
  const transport = rawWebSocketTransport(target, {
    packet: (data) => {
      packets.push(data.toString());
      for (const look of waiting) look();
    },
    failed: failed.resolve,
  });
  onTestFinished(() => transport.end(false));
  return {
    transport,
    packets,
    failure: failed.promise,
    said: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (packets.length >= count) resolve(packets);
        };
        waiting.add(look);
        look();
      }),
  };
}

describe('the lean WebSocket client against ws', () => {
  test.each([
    { why: 'an empty message', text: '' },
    { why: 'a short message', text: '42["x"]' },
    { why: 'the longest with a one-byte length', text: 'a'.repeat(125) },
    { why: 'the shortest with a two-byte length', text: 'b'.repeat(126) },
    { why: 'the longest with a two-byte length', text: 'c'.repeat(65_535) },
    { why: 'an eight-byte length, over several reads', text: 'd'.repeat(700_000) },
    { why: 'characters of several bytes', text: '한글 🦆 '.repeat(40) },
  ])('$why comes whole and goes whole', async ({ text }) => {
    const { transport, said } = await dialled((peer) => {
      peer.on('message', (data: Buffer) => peer.send(data.toString()));
      peer.send(text);
    });
    expect(await said(1)).toEqual([text]);
    transport.send(text);
    expect(await said(2)).toEqual([text, text]);
  });

  test('many messages of one read keep their order', async () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `42["${i}"]`);
    const { said } = await dialled((peer) => {
      for (const text of texts) peer.send(text);
    });
    expect(await said(texts.length)).toEqual(texts);
  });

  test('a message in fragments, with a ping between them, comes as one', async () => {
    const { said } = await dialled((peer) => {
      peer.send('one ', { fin: false });
      peer.ping('still there?');
      peer.send('two ', { fin: false });
      peer.send('three', { fin: true });
    });
    expect(await said(1)).toEqual(['one two three']);
  });

  test('a ping is answered with its own bytes', async () => {
    const ponged = Promise.withResolvers<string>();
    await dialled((peer) => {
      peer.on('pong', (data) => ponged.resolve(data.toString()));
      peer.ping('1234');
    });
    expect(await ponged.promise).toBe('1234');
  });

  test('a close by the server is told once, with its code', async () => {
    const { failure } = await dialled((peer) => peer.close(4001));
    expect(await failure).toEqual({ kind: 'closed', text: 'connection closed (4001)' });
  });

  test('a connection that is cut is told as 1006', async () => {
    const { failure } = await dialled((peer) => peer.terminate());
    expect(await failure).toEqual({ kind: 'closed', text: 'connection closed (1006)' });
  });

  test('goodbye reaches the server as 1000', async () => {
    const code = Promise.withResolvers<number>();
    const { transport, said } = await dialled((peer) => {
      peer.on('close', code.resolve);
      peer.send('hello');
    });
    await said(1);
    transport.end(true);
    expect(await code.promise).toBe(1000);
  });
});

test('a server that talks on after the goodbye is cut off', async () => {
  const cut = Promise.withResolvers<void>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      const key = /sec-websocket-key: (\S+)/i.exec(head.toString())?.[1] ?? '';
      const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
      const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
      socket.write(`HTTP/1.1 101 Yes\r\nsec-websocket-accept: ${accept}\r\n\r\n`);
      const talk = setInterval(() => socket.write(Buffer.from([0x81, 1, 0x36])), 100);
      socket.on('close', () => {
        clearInterval(talk);
        cut.resolve();
      });
    });
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { transport, said } = dial((server.address() as AddressInfo).port);
  await said(1);
  transport.end(true);
  await cut.promise;
}, 10_000);

describe('what is no WebSocket server', () => {
  test.each([
    {
      why: 'an answer of 503',
      answer: 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n',
      failure: { kind: 'http-status', text: 'HTTP 503 at the handshake' },
    },
    {
      why: 'an answer of a proxy that speaks HTTP/1.0',
      answer: 'HTTP/1.0 503 Service Unavailable\r\n\r\n',
      failure: { kind: 'http-status', text: 'HTTP 503 at the handshake' },
    },
    {
      why: 'a 101 that proves nothing',
      answer: 'HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: x\r\n\r\n',
      failure: { kind: 'dial', text: 'the server did not prove that it speaks WebSocket' },
    },
    {
      why: 'something else than HTTP',
      answer: 'SSH-2.0-OpenSSH_9.2\r\n\r\n',
      failure: { kind: 'dial', text: 'the server answers no HTTP' },
    },
    {
      why: 'endless bytes',
      answer: 'x'.repeat(40_000),
      failure: { kind: 'dial', text: 'the server answers no HTTP' },
    },
    {
      why: 'a connection closed at once',
      answer: '',
      failure: { kind: 'dial', text: 'connection closed (1006)' },
    },
  ])('$why is a failed dial', async ({ answer, failure }) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(answer);
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect(await dial((server.address() as AddressInfo).port).failure).toEqual(failure);
  });

  test('nobody listening is a failed dial', async () => {
    expect(await dial(1).failure).toEqual({ kind: 'dial', text: 'ECONNREFUSED' });
  });
});
