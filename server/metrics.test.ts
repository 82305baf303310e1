import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { event } from './contract.ts';
import type { ServerPart } from './metric-family.ts';
import { latencyBuckets, seriesLimit } from './metric-contract.ts';
import { accessToken, connect } from './testing/client.ts';
import { breaches, fetchPage, seriesOf, valueOf } from './testing/metrics-page.ts';
import { startNode, type TestNode } from './testing/node.ts';
import { startRedis } from './testing/redis.ts';

const sumOf = (page: string, name: string): number =>
  seriesOf(page)
    .filter((one) => one.name === name)
    .reduce((sum, { value }) => sum + value, 0);

/** Asks for the page until it is as `wanted` says. */
async function pageWhere(node: TestNode, wanted: (page: string) => boolean): Promise<string> {
  for (;;) {
    const page = await fetchPage(node.metricsPort);
    if (wanted(page)) return page;
  }
}

async function someTraffic(node: TestNode): Promise<void> {
  const anna = await connect(node.url, 'anna');
  const berta = await connect(node.url, 'berta', { transports: ['polling', 'websocket'] });
  await anna.join('r');
  await berta.join('r');
  await anna.send('r', '1');
  await berta.send('r', '2');
  await Promise.all([anna, berta].map((client) => client.received(2)));
  await anna.ask(event.remove, { room: 'r', seq: 1 });
  berta.socket.disconnect();
}

describe('the page', () => {
  test.each<[string, Readonly<Record<string, string>>, readonly ServerPart[]]>([
    ['a server alone', {}, ['chat', 'log']],
    ['a WS node', { RTOPS_ROLE: 'ws', REDIS_URL: '' }, ['chat', 'redis', 'log']],
    [
      'a WS node on the path `adapter`',
      { RTOPS_ROLE: 'ws', RTOPS_MESSAGE_PATH: 'adapter', REDIS_URL: '' },
      ['chat', 'redis'],
    ],
    ['an API node', { RTOPS_ROLE: 'api', REDIS_URL: '' }, ['redis', 'log']],
  ])('of %s is the contract, before and after traffic', async (_, env, parts) => {
    const node = await startNode(
      'REDIS_URL' in env ? { ...env, REDIS_URL: (await startRedis()).url } : env,
    );
    expect(breaches(await fetchPage(node.metricsPort), parts)).toEqual([]);
    if (parts.includes('chat')) await someTraffic(node);
    else await fetch(`${node.url}/api/v1/rooms`);
    const page = await fetchPage(node.metricsPort);
    expect(breaches(page, parts)).toEqual([]);
    const other = parts.includes('redis') ? (['chat', 'log'] as const) : (['redis'] as const);
    expect(breaches(page, other)).not.toEqual([]);
  });

  test('is what Prometheus reads, and its own linter has no complaint of ours', async () => {
    const node = await startNode();
    await someTraffic(node);
    const lint = spawnSync('promtool', ['check', 'metrics'], {
      input: await fetchPage(node.metricsPort),
      encoding: 'utf8',
    });
    expect(lint.error).toBeUndefined();
    // Read from a monitor that has no sum, the lag is a gauge for each of three quantiles.
    const allowed = /^rtops_server_event_loop_lag_seconds non-summary .* "quantile" label$/;
    const complaints = lint.stderr.split('\n').filter((line) => line.startsWith('rtops_'));
    expect(complaints.filter((line) => !allowed.test(line))).toEqual([]);
    const broken = spawnSync('promtool', ['check', 'metrics'], {
      input: '# HELP rtops_x_seconds of\n# TYPE rtops_x_seconds counter\nrtops_x_seconds 1\n',
      encoding: 'utf8',
    });
    expect(broken.stderr).toMatch(/^rtops_x_seconds/m);
  });

  test.each<[string, (page: string) => string, string]>([
    ['a stray metric', (page) => `${page}# TYPE rtops_x gauge\nrtops_x 1\n`, 'rtops_x: stray'],
    ['a stray series', (page) => `${page}rtops_y_total 1\n`, 'rtops_y_total: stray series'],
    [
      'a family that is not there',
      (page) => page.replaceAll(/^.*rtops_server_draining.*\n/gm, ''),
      'rtops_server_draining: missing',
    ],
    [
      'a label more',
      (page) => page.replace(/^rtops_server_draining /m, 'rtops_server_draining{user="u1"} '),
      'rtops_server_draining: labels user',
    ],
    [
      'a value that is not on the list',
      (page) => page.replace('transport="polling"', 'transport="pigeon"'),
      'rtops_server_connections: transport="pigeon"',
    ],
    [
      'more values than the bound',
      (page) =>
        page.replace(
          /^(rtops_server_http_request_seconds_count\{.*route=")[^"]*(".*)$/m,
          (_, before: string, after: string) =>
            Array.from({ length: 17 }, (__, i) => `${before}/${i}${after}`).join('\n'),
        ),
      'rtops_server_http_request_seconds: ',
    ],
    [
      'a bucket less',
      (page) => page.replaceAll(/^rtops_server_ping_rtt_seconds_bucket\{le="0.03"\}.*\n/gm, ''),
      'rtops_server_ping_rtt_seconds: buckets ',
    ],
    [
      'another kind',
      (page) => page.replace('rtops_server_draining gauge', 'rtops_server_draining counter'),
      'rtops_server_draining: is a counter, not a gauge',
    ],
  ])('with %s would be found out', async (_, spoil, told) => {
    const node = await startNode();
    const page = await fetchPage(node.metricsPort);
    const spoilt = spoil(page);
    expect(spoilt).not.toBe(page);
    expect(breaches(spoilt, ['chat', 'log']).join('\n')).toContain(told);
  });

  test('for a run’s sampler holds two families, and leaves Prometheus its lag', async () => {
    const node = await startNode();
    await connect(node.url, 'anna');
    const until = performance.now() + 300;
    while (performance.now() < until) {
      // The loop stands still.
    }
    const brief = await fetchPage(node.metricsPort, '?brief');
    expect(new Set(seriesOf(brief).map(({ name }) => name))).toEqual(
      new Set(['rtops_server_connections', 'rtops_server_event_loop_lag_seconds']),
    );
    expect(sumOf(brief, 'rtops_server_connections')).toBe(1);
    const lag = (page: string): number =>
      valueOf(page, 'rtops_server_event_loop_lag_seconds', { quantile: '1' });
    expect(lag(brief)).toBeGreaterThan(0.2);
    expect(lag(await fetchPage(node.metricsPort))).toBeGreaterThan(0.2);
    // Told once to each.
    expect(lag(await fetchPage(node.metricsPort))).toBeLessThan(0.2);
  });
});

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
    const { io } = await import('socket.io-client');
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

describe('the number of series', () => {
  /** The most that a server should need: a quarter of what a target may have. */
  const bound = seriesLimit / 4;
  const guard = (page: string): number => seriesOf(page).length;

  test('stays bounded whatever clients make up', async () => {
    const node = await startNode({ RTOPS_PING_INTERVAL_MS: '100' });
    const before = guard(await fetchPage(node.metricsPort));
    const random = (): string => Math.random().toString(36).slice(2);
    for (let round = 0; round < 5; round += 1) {
      const clients = await Promise.all(
        Array.from({ length: 10 }, () => connect(node.url, random())),
      );
      for (const client of clients) {
        client.socket.emit(random(), random());
        client.socket.emit(`chat:${random()}`, random());
        await client.ask(event.join, { room: random() });
        await client.ask(event.send, { room: random(), id: random(), body: random() });
      }
      await Promise.all(
        ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'SEARCH'].flatMap((method) =>
          [
            random(),
            `api/v1/rooms/${random()}`,
            `api/v1/rooms/${random()}/messages`,
            `api/v1/rooms?${random()}=1`,
            `socket.io/?EIO=${round}&transport=${random()}`,
            `socket.io/?EIO=4&transport=polling&sid=${random()}`,
          ].map((path) => fetch(`${node.url}/${path}`, { method })),
        ),
      );
      for (const client of clients.slice(0, 5)) client.socket.disconnect();
      for (const client of clients.slice(5)) client.socket.io.engine.close();
    }
    const page = await pageWhere(node, (text) => sumOf(text, 'rtops_server_connections') === 0);
    expect(valueOf(page, 'rtops_server_events_received_total', { event: 'other' })).toBe(100);
    expect(breaches(page, ['chat', 'log'])).toEqual([]);
    expect(guard(page)).toBeLessThan(bound);
    expect(guard(page)).toBeGreaterThan(before);
  });

  test('would be seen to grow by a label that clients choose', async () => {
    const node = await startNode();
    const page = await fetchPage(node.metricsPort);
    const leak = Array.from({ length: 60 }, (_, user) =>
      [...latencyBuckets, '+Inf']
        .map((le) => `rtops_server_ping_rtt_seconds_bucket{user="u${user}",le="${le}"} 0\n`)
        .join(''),
    ).join('');
    expect(guard(page + leak)).toBeGreaterThan(bound);
  });
});
