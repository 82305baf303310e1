/** What the page of a node says after clients have done something. */
import { io } from 'socket.io-client';
import { describe, expect, test } from 'vitest';
import { event } from '../contract.ts';
import { accessToken, connect } from '../testing/client.ts';
import { fetchPage, pageWhere, valueOf } from '../testing/metrics-page.ts';
import { startNode } from '../testing/node.ts';
import { startRedis } from '../testing/redis.ts';

describe('what is counted', () => {
  test('events, by what clients sent and what they got', async () => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna');
    const berta = await connect(node.url, 'berta');
    await anna.join('r');
    await berta.join('r');
    await anna.send('r', '1');
    await anna.send('nowhere', '2');
    await anna.ask(event.join, { room: 'no room' });
    anna.socket.emit(`made-up-${Math.random()}`, 1);
    await anna.ask(event.whoami, undefined);
    await berta.received(1);
    const page = await fetchPage(node.metricsPort);
    const received = 'rtops_server_events_received_total';
    expect(valueOf(page, received, { event: event.join })).toBe(3);
    expect(valueOf(page, received, { event: event.send })).toBe(2);
    expect(valueOf(page, received, { event: 'other' })).toBe(1);
    expect(valueOf(page, received, { event: event.history })).toBe(0);
    expect(valueOf(page, 'rtops_server_events_sent_total', { event: event.message })).toBe(2);
    const [message] = berta.messages;
    // Engine.IO's and Socket.IO's framing around the JSON is under 50 bytes.
    const bytes = JSON.stringify(message).length;
    const sent = valueOf(page, 'rtops_server_sent_bytes_total') / 2;
    expect(sent).toBeGreaterThan(bytes);
    expect(sent).toBeLessThan(bytes + 50);
    const done = 'rtops_server_event_duration_seconds_count';
    expect(valueOf(page, done, { event: event.send, outcome: 'ok' })).toBe(1);
    expect(valueOf(page, done, { event: event.send, outcome: 'error' })).toBe(1);
    expect(valueOf(page, done, { event: event.join, outcome: 'error' })).toBe(1);
    expect(valueOf(page, 'rtops_server_refusals_total', { code: 'FORBIDDEN' })).toBe(1);
    expect(valueOf(page, 'rtops_server_refusals_total', { code: 'BAD_REQUEST' })).toBe(1);
    expect(valueOf(page, 'rtops_server_broadcast_duration_seconds_count')).toBe(1);
  });

  test('what the path `adapter` sends, on the node where the recipient is', async () => {
    const { url } = await startRedis();
    const env = { REDIS_URL: url, RTOPS_MESSAGE_PATH: 'adapter' };
    const [one, two] = [await startNode(env), await startNode({ ...env, RTOPS_NODE: 'ws-2' })];
    const here = await connect(one.url, 'anna');
    const there = await connect(two.url, 'berta');
    await here.join('r');
    await there.join('r');
    await here.send('r', '1');
    await Promise.all([here.received(1), there.received(1)]);
    for (const node of [one, two]) {
      const page = await fetchPage(node.metricsPort);
      expect(valueOf(page, 'rtops_server_events_sent_total', { event: event.message })).toBe(1);
    }
  });

  test('connections by transport, upgrades, and the reasons they end', async () => {
    const node = await startNode();
    const connections = (page: string, transport: string): number =>
      valueOf(page, 'rtops_server_connections', { transport });
    await connect(node.url, 'anna', { transports: ['polling'] });
    const berta = await connect(node.url, 'berta', { transports: ['polling', 'websocket'] });
    const page = await pageWhere(node, (text) => connections(text, 'websocket') === 1);
    expect(connections(page, 'polling')).toBe(1);
    expect(valueOf(page, 'rtops_server_connections_opened_total')).toBe(2);
    expect(valueOf(page, 'rtops_server_transport_upgrades_total')).toBe(1);
    berta.socket.disconnect();
    const reason = 'client namespace disconnect';
    await pageWhere(
      node,
      (text) => valueOf(text, 'rtops_server_disconnections_total', { reason }) === 1,
    );
  });

  test('who was refused, and why', async () => {
    const node = await startNode({ RTOPS_MAX_CONNECTIONS: '1' });
    const polling = `${node.url}/socket.io/?EIO=4&transport=polling`;
    const token = await accessToken('anna', { secret: 'x'.repeat(40) });
    const socket = io(`${node.url}/chat`, { auth: { token }, reconnection: false, forceNew: true });
    await new Promise((resolve) => {
      socket.once('connect_error', resolve);
    });
    socket.disconnect();
    await fetch(`${polling}&sid=made-up-${Math.random()}`);
    await fetch(polling, { headers: { origin: 'https://evil.example' } });
    await fetch(polling);
    await fetch(polling);
    const page = await fetchPage(node.metricsPort);
    for (const [code, count] of [
      ['token', 1],
      ['1', 1],
      ['origin', 1],
      ['full', 1],
      ['other', 0],
    ] as const) {
      const errors = valueOf(page, 'rtops_server_connection_errors_total', { code });
      expect([code, errors]).toEqual([code, count]);
    }
  });

  test('pings, from the one sent to the one answered', async () => {
    const node = await startNode({ RTOPS_PING_INTERVAL_MS: '100' });
    await connect(node.url, 'anna');
    const name = 'rtops_server_ping_rtt_seconds';
    const page = await pageWhere(node, (text) => valueOf(text, `${name}_count`) >= 2);
    const mean = valueOf(page, `${name}_sum`) / valueOf(page, `${name}_count`);
    expect(mean).toBeGreaterThan(0);
    // Without an answer in between, it would be the interval.
    expect(mean).toBeLessThan(0.09);
  });

  test('what Redis carries and what it does not answer', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    const anna = await connect(node.url, 'anna');
    await anna.join('r');
    for (let n = 0; n < 20; n += 1) await anna.send('r', `m${n}`);
    await anna.received(20);
    const page = await fetchPage(node.metricsPort);
    const lag = 'rtops_server_adapter_lag_seconds';
    expect(valueOf(page, `${lag}_count`)).toBe(20);
    // An unset clock would be seconds or years off.
    expect(valueOf(page, `${lag}_sum`) / 20).toBeLessThan(0.5);
    expect(valueOf(page, `${lag}_sum`)).toBeGreaterThan(0);
    expect(valueOf(page, 'rtops_server_adapter_errors_total')).toBe(0);
    expect(valueOf(page, 'rtops_server_redis_up')).toBe(1);
    await redis.kill();
    await pageWhere(
      node,
      (text) =>
        valueOf(text, 'rtops_server_adapter_errors_total') > 0 &&
        valueOf(text, 'rtops_server_redis_up') === 0,
    );
    expect(await anna.send('r', 'last')).toMatchObject({ code: 'UNAVAILABLE' });
    const after = await fetchPage(node.metricsPort);
    expect(valueOf(after, 'rtops_server_refusals_total', { code: 'UNAVAILABLE' })).toBe(1);
  });

  test('that it drains, and that it told its clients', async () => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna');
    expect(valueOf(await fetchPage(node.metricsPort), 'rtops_server_draining')).toBe(0);
    const told = anna.next(event.draining);
    const down = node.drain();
    const page = await fetchPage(node.metricsPort);
    await told;
    await down;
    expect(valueOf(page, 'rtops_server_draining')).toBe(1);
    const sent = valueOf(page, 'rtops_server_events_sent_total', { event: event.draining });
    expect(sent).toBe(1);
  });

  test('what waits for a client that does not read', async () => {
    const node = await startNode();
    const anna = await connect(node.url, 'anna');
    const idle = await connect(node.url, 'berta', { transports: ['polling'] });
    await anna.join('r');
    await idle.join('r');
    // Its next poll is never sent.
    const { transport } = idle.socket.io.engine as unknown as {
      readonly transport: { doPoll(): void };
    };
    transport.doPoll = () => {};
    const body = 'x'.repeat(10_000);
    for (let n = 0; n < 20; n += 1) await anna.send('r', `m${n}`, body);
    const page = await fetchPage(node.metricsPort);
    expect(valueOf(page, 'rtops_server_send_buffer_bytes')).toBeGreaterThan(100_000);
    idle.socket.disconnect();
  });
});
