import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { chatNamespace, event } from '../contract.ts';
import { connect } from '../testing/client.ts';
import { fetchPage, valueOf } from '../testing/metrics-page.ts';
import { startNode, type TestNode } from '../testing/node.ts';
import { masked, rawClient } from '../testing/raw-client.ts';
import type { ChatSocket } from './chat-socket.ts';
import { backlog, cutOffSlow } from './slow-client.ts';

/** A member of the room that reads no more. */
async function deafClient(node: TestNode, room: string): Promise<Socket> {
  const client = await rawClient(node.port);
  await client.signIn('deaf');
  client.send(`42${chatNamespace},1["${event.join}",{"room":"${room}"}]`);
  await client.heard('"ok":true');
  client.socket.pause();
  return client.socket;
}

test('a client that stops reading is cut off; the others do not notice', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  await deafClient(node, 'r');
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

/** What waits on a connection whose client takes nothing, and whether it was cut off. */
function stuckClient(packets: number, bytes = 10) {
  const writeBuffer: { data: string }[] = [];
  const conn = { writeBuffer, transport: {}, once: () => {}, close: () => (told.closed = true) };
  const socket = { conn };
  const told = { socket: socket as unknown as ChatSocket, closed: false };
  const more = (count: number): void => {
    for (let n = 0; n < count; n += 1) writeBuffer.push({ data: 'x'.repeat(bytes) });
  };
  more(packets);
  return { told, more };
}

describe('the guard', () => {
  test.each([1, 2, 3, 7, 64])('sees a queue that grows by %d between two looks', (step) => {
    for (const first of [0, 1, 15]) {
      const { told, more } = stuckClient(first);
      let looks = 0;
      while (backlog(told.socket) !== 'hard' && looks < 40_000) {
        more(step);
        looks += 1;
      }
      expect(Math.abs(first + looks * step - 4 * 4096)).toBeLessThanOrEqual(64);
    }
  });

  test.each([
    ['few packets', 15, 1_000_000, 'none'],
    ['many packets', 256, 10, 'soft'],
    ['many bytes', 20, 100_000, 'soft'],
    ['a burst', 5000, 10, 'soft'],
    ['far too many bytes', 20, 1_000_000, 'hard'],
  ] as const)('takes %s for what they are', (_name, packets, bytes, expected) => {
    const { told } = stuckClient(packets, bytes);
    expect(backlog(told.socket)).toBe(expected);
    const metrics = { slowClientsClosed: 0 };
    expect(cutOffSlow(told.socket, metrics)).toBe(expected === 'hard');
    expect([told.closed, metrics.slowClientsClosed]).toEqual(
      expected === 'hard' ? [true, 1] : [false, 0],
    );
  });
});

test('a client that asks for page after page and reads none has few of them waiting', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  const body = 'x'.repeat(16 * 1024);
  await Promise.all(Array.from({ length: 300 }, (_, n) => anna.send('r', `m${n}`, body)));
  const deaf = await deafClient(node, 'r');
  const asked = 20;
  for (let n = 0; n < asked; n += 1) {
    const request = JSON.stringify([event.history, { room: 'r', after: 0, limit: 1000 }]);
    deaf.write(masked(`42${chatNamespace},${n}${request}`));
  }
  const took = { event: event.history };
  await expect
    .poll(async () =>
      valueOf(await fetchPage(node.metricsPort), 'rtops_server_events_received_total', took),
    )
    .toBe(asked);
  // Each page has 4.9 MB.
  const queued = valueOf(await fetchPage(node.metricsPort), 'rtops_server_send_buffer_bytes');
  expect(queued).toBeGreaterThan(1_000_000);
  expect(queued).toBeLessThan(20_000_000);
  // All of them come when it reads.
  let heardBytes = 0;
  deaf.on('data', (chunk: Buffer) => (heardBytes += chunk.length));
  deaf.resume();
  await expect.poll(() => heardBytes, { timeout: 25_000 }).toBeGreaterThan(asked * 300 * 16 * 1024);
});

test('a client that asks without end and reads no answer is cut off', async () => {
  const node = await startNode();
  const deaf = await deafClient(node, 'r');
  // What is refused needs no store: 4,000 a packet, so that the answers are far more than the kernel takes.
  const one = masked(`42${chatNamespace},1["${event.join}"]`);
  const many = Buffer.concat(Array.from({ length: 4000 }, () => one));
  deaf.on('error', () => {});
  const closed = async (): Promise<number> =>
    valueOf(await fetchPage(node.metricsPort), 'rtops_server_slow_clients_closed_total');
  for (let n = 0; n < 300 && (await closed()) === 0; n += 1) deaf.write(many);
  await expect.poll(closed).toBe(1);
});
