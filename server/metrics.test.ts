import { describe, expect, test } from 'vitest';
import { event } from './contract.ts';
import type { ServerPart } from './metric-family.ts';
import { latencyBuckets, seriesLimit } from './metric-contract.ts';
import { connect } from './testing/client.ts';
import {
  breaches,
  fetchPage,
  pageWhere,
  seriesOf,
  sumOf,
  valueOf,
} from './testing/metrics-page.ts';
import { lintMetrics } from './testing/lint-metrics.ts';
import { startNode, type TestNode } from './testing/node.ts';
import { startRedis } from './testing/redis.ts';

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

  test('is what Prometheus reads, and its own linter has no complaint', async () => {
    const node = await startNode();
    await someTraffic(node);
    expect(lintMetrics(await fetchPage(node.metricsPort))).toEqual([]);
    const broken = '# HELP rtops_x_seconds of\n# TYPE rtops_x_seconds counter\nrtops_x_seconds 1\n';
    expect(lintMetrics(broken)).toEqual([expect.stringMatching(/^rtops_x_seconds counter/)]);
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
      valueOf(page, 'rtops_server_event_loop_lag_seconds', { stat: 'max' });
    expect(lag(brief)).toBeGreaterThan(0.2);
    expect(lag(await fetchPage(node.metricsPort))).toBeGreaterThan(0.2);
    // Told once to each.
    expect(lag(await fetchPage(node.metricsPort))).toBeLessThan(0.2);
  });
});

describe('the number of series', () => {
  /** The most that a server should need: a third of what a target may have. */
  const bound = seriesLimit / 3;
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
