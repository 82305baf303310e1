/** The events of the contract on one node, as a plain client sees them. */
import { describe, expect, test } from 'vitest';
import { event, type Head, type LeaveAck, type Refusal } from '../contract.ts';
import { connect } from '../testing/client.ts';
import { startNode } from '../testing/node.ts';

describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
  const options = { transports: [transport] };

  test('a message reaches every member, the sender included, and the log', async () => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna', options);
    const berta = await connect(node.url, 'berta', options);
    expect(await anna.join('r')).toMatchObject({ ok: true, seq: 0 });
    await berta.join('r');
    const body = 'é"\\ 🎉 chat:message';
    expect(await anna.send('r', '1', body)).toMatchObject({ ok: true, seq: 1 });
    const [seen] = await anna.received(1);
    expect(seen).toMatchObject({ room: 'r', seq: 1, id: '1', sender: 'anna', body });
    expect(await berta.received(1)).toEqual([seen]);
    expect(await berta.history('r')).toMatchObject({ ok: true, head: 1, messages: [seen] });
  });

  test('who leaves in the middle of it has, by the ack, all up to its seq, and gets no more', async () => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna', options);
    const berta = await connect(node.url, 'berta', options);
    const joined = await anna.join('r');
    await berta.join('r');
    const sent = Array.from({ length: 300 }, async (_, i) => anna.send('r', `${i}`));
    await sent[100];
    const left = await berta.ask<LeaveAck>(event.leave, { room: 'r' });
    const seen = berta.messages.map(({ seq }) => seq);
    await Promise.all(sent);
    await anna.received(300);
    const seq = left.ok ? (left.seq ?? 0) : 0;
    expect(seq).toBeGreaterThan(100);
    expect(seen).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
    expect(left).toEqual({ ok: true, seq, epoch: joined.ok ? joined.epoch : '' });
    // What follows the ack on the same connection shows that nothing came in between.
    await berta.join('r');
    expect(berta.messages).toHaveLength(seq);
  });
});

test('frames of every size arrive whole', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  const sizes = [0, 1, 20, 40, 60, 125, 126, 1000, 16 * 1024];
  for (const size of sizes) await anna.send('r', `s${size}`, 'x'.repeat(size));
  const seen = await anna.received(sizes.length);
  expect(seen.map(({ body }) => body.length)).toEqual(sizes);
});

test('a retried message is shown once, and acked with the same seq', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  await anna.join('r');
  const first = await anna.send('r', '1');
  expect(await anna.send('r', '1')).toEqual(first);
  await anna.send('r', '2');
  await anna.received(2);
  expect(anna.messages.map(({ id }) => id)).toEqual(['1', '2']);
});

test('who is not in the room, or left it, neither sends, reads nor hears', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  const berta = await connect(node.url, 'berta');
  await anna.join('r');
  for (const ask of [() => berta.send('r', '1'), () => berta.history('r')]) {
    expect(await ask()).toMatchObject({ ok: false, code: 'FORBIDDEN' });
  }
  await berta.join('r');
  await anna.send('r', '1');
  await berta.received(1);
  expect(await berta.ask(event.leave, { room: 'r' })).toMatchObject({ ok: true, seq: 1 });
  expect(await berta.ask(event.leave, { room: 'r' })).toEqual({ ok: true });
  await anna.send('r', '2');
  await anna.received(2);
  expect(await berta.send('r', '3')).toMatchObject({ ok: false, code: 'FORBIDDEN' });
  expect(berta.messages).toHaveLength(1);
});

test('a send right behind its join waits for it', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  const [joined, sent] = await Promise.all([anna.join('r'), anna.send('r', '1')]);
  expect([joined.ok, sent.ok]).toEqual([true, true]);
});

test('only an ADMIN removes a message; then its body is gone everywhere', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  const admin = await connect(node.url, 'root', { role: 'ADMIN' });
  await anna.join('r');
  await admin.join('r');
  await anna.send('r', '1', 'secret');
  const removed = anna.next<unknown>(event.removed);
  const request = { room: 'r', seq: 1 };
  expect(await anna.ask(event.remove, request)).toMatchObject({ ok: false, code: 'FORBIDDEN' });
  expect(await admin.ask(event.remove, { room: 'r', seq: 7 })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await admin.ask(event.remove, request)).toEqual({ ok: true });
  expect(await removed).toEqual(request);
  expect(await anna.history('r')).toMatchObject({ messages: [{ seq: 1, id: '1', body: '' }] });
});

test('a quiet room is told its head once', async () => {
  const node = await startNode();
  const anna = await connect(node.url, 'anna');
  const joined = await anna.join('r');
  const head = anna.next<Head>(event.head);
  await anna.send('r', '1');
  expect(await head).toEqual({ room: 'r', seq: 1, epoch: joined.ok ? joined.epoch : '' });
});

describe('a malformed request', () => {
  const deep = JSON.parse('{"a":'.repeat(900) + '1' + '}'.repeat(900)) as unknown;
  test.each([
    [event.join, undefined],
    [event.join, null],
    [event.join, 'r'],
    [event.join, { room: '' }],
    [event.join, { room: 'a b' }],
    [event.join, { room: 'x'.repeat(129) }],
    [event.join, { room: ['r'] }],
    [event.join, { room: 'r}:log' }],
    [event.join, JSON.parse('{"__proto__":{"room":"r"}}')],
    [event.join, deep],
    [event.leave, {}],
    [event.send, { room: 'r', id: '1' }],
    [event.send, { room: 'r', id: 1, body: 'x' }],
    [event.send, { room: 'r', id: '', body: 'x' }],
    [event.send, { room: 'r', id: 'x'.repeat(129), body: 'x' }],
    [event.send, { room: 'r', id: '1', body: 'x'.repeat(16 * 1024 + 1) }],
    [event.send, { room: 'r', id: '1', body: 'é'.repeat(8 * 1024 + 1) }],
    [event.send, { room: 'r', id: '1', body: { toString: 'x' } }],
    [event.history, { room: 'r', after: -1, limit: 10 }],
    [event.history, { room: 'r', after: 0, limit: 0 }],
    [event.history, { room: 'r', after: 0.5, limit: 10 }],
    [event.history, { room: 'r', after: '0', limit: 10 }],
    [event.remove, { room: 'r', seq: 0 }],
  ])('%s %j gets BAD_REQUEST, and the connection lives', async (name, payload) => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna');
    expect(await anna.ask<Refusal>(name, payload)).toMatchObject({
      ok: false,
      code: 'BAD_REQUEST',
    });
    expect(await anna.join('r')).toMatchObject({ ok: true });
  });

  test('may lack an ack, or be no request at all', async () => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna');
    anna.socket.emit(event.join);
    anna.socket.emit(event.join, { room: 'r' });
    anna.socket.emit(event.send, { room: 'r', id: '1', body: 'unacked' });
    anna.socket.emit('no-such-event', 1, 2, 3);
    expect(await anna.received(1)).toMatchObject([{ body: 'unacked' }]);
  });
});

describe('the limit of messages', () => {
  test('refuses the 21st in the window, and does not store it', async () => {
    const node = await startNode({ RTOPS_RATE_LIMIT: '20/10000' });
    const anna = await connect(node.url, 'anna');
    await anna.join('r');
    for (let n = 1; n <= 20; n += 1) expect((await anna.send('r', `m${n}`)).ok).toBe(true);
    const refused = (await anna.send('r', 'm21')) as Refusal;
    expect(refused).toMatchObject({ ok: false, code: 'RATE_LIMITED' });
    expect(refused.retryAfterMs).toBeGreaterThan(5000);
    expect(refused.retryAfterMs).toBeLessThanOrEqual(10_000);
    expect(await anna.history('r')).toMatchObject({ head: 20 });
    // A retry of a stored one is not a new message.
    expect(await anna.send('r', 'm20')).toMatchObject({ ok: true, seq: 20 });
    const berta = await connect(node.url, 'berta');
    await berta.join('r');
    expect((await berta.send('r', 'm1')).ok).toBe(true);
  });

  test('slides: when the window has passed, the next one goes', async () => {
    const node = await startNode({ RTOPS_RATE_LIMIT: '2/300' });
    const anna = await connect(node.url, 'anna');
    await anna.join('r');
    await anna.send('r', '1');
    await anna.send('r', '2');
    expect((await anna.send('r', '3')).ok).toBe(false);
    await expect.poll(async () => (await anna.send('r', '3')).ok).toBe(true);
  });
});
