import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { chatNamespace, event } from '../contract.ts';
import { accessToken, connect } from '../testing/client.ts';
import { fetchPage, valueOf } from '../testing/metrics-page.ts';
import { startNode, type TestNode } from '../testing/node.ts';

/** A client in a room over a bare socket, so that it can stop reading. */
async function deafClient(node: TestNode, room: string): Promise<Socket> {
  const socket = connectTcp(node.port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await heard(socket, '"sid"');
  const token = await accessToken('deaf');
  socket.write(masked(`40${chatNamespace},${JSON.stringify({ token })}`));
  await heard(socket, `40${chatNamespace}`);
  socket.write(masked(`42${chatNamespace},1["${event.join}",{"room":"${room}"}]`));
  await heard(socket, '"ok":true');
  return socket;
}

async function heard(socket: Socket, text: string): Promise<void> {
  let all = '';
  while (!all.includes(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    all += chunk.toString('latin1');
  }
}

/** A client's text frame (RFC 6455: masked, here with zeros). */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

test('a client that stops reading is cut off; the others do not notice', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  const deaf = await deafClient(node, 'r');
  deaf.pause();
  let mostQueued = 0;
  const closed = async (): Promise<boolean> => {
    const page = await fetchPage(node.metricsPort);
    mostQueued = Math.max(mostQueued, valueOf(page, 'rtops_server_send_buffer_bytes'));
    return (
      /slow_clients_closed_total 1$/m.test(page) &&
      /connections\{transport="websocket"\} 1$/m.test(page)
    );
  };
  const body = 'x'.repeat(16 * 1024);
  let sent = 0;
  // 64 MB is far above the kernel's buffers and the guard's marks together.
  while (sent < 4000 && !(await closed())) {
    await Promise.all(Array.from({ length: 100 }, () => anna.send('r', `m${(sent += 1)}`, body)));
  }
  expect(await closed()).toBe(true);
  // What the guard cut off had shown before: 1.6 MB come between two looks.
  expect(mostQueued).toBeGreaterThan(1_000_000);
  expect(valueOf(await fetchPage(node.metricsPort), 'rtops_server_send_buffer_bytes')).toBeLessThan(
    mostQueued / 2,
  );
  await anna.received(sent);
  expect(anna.messages.map(({ seq }) => seq).at(-1)).toBe(sent);
  expect(anna.socket.connected).toBe(true);
});

test('a client that reads is never cut off, however much there is', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  const berta = await connect(node.url, 'berta');
  await Promise.all([anna.join('r'), berta.join('r')]);
  const body = 'x'.repeat(16 * 1024);
  for (let sent = 0; sent < 600;) {
    await Promise.all(Array.from({ length: 100 }, () => anna.send('r', `m${(sent += 1)}`, body)));
  }
  expect(await berta.received(600)).toHaveLength(600);
});
