import { describe, expect, test } from 'vitest';
import { path, type Credentials, type TokenPair } from '../contract.ts';
import { accessToken, connect } from '../testing/client.ts';
import { startNode, type TestNode } from '../testing/node.ts';
import { startRedis } from '../testing/redis.ts';

type Answer<T> = { readonly status: number; readonly body: T };

async function post<T>(node: TestNode, route: string, body: unknown): Promise<Answer<T>> {
  const answer = await fetch(node.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

async function get(
  node: TestNode,
  route: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<unknown>> {
  const answer = await fetch(node.url + route, { headers });
  return { status: answer.status, body: await answer.json() };
}

const refresh = (node: TestNode, refreshToken: string): Promise<Answer<TokenPair>> =>
  post<TokenPair>(node, path.refresh, { refreshToken });

const anna: Credentials = { username: 'anna', password: 'correct horse' };

describe.each(['memory', 'Redis'])('accounts in %s', (store) => {
  const started = async (): Promise<TestNode> =>
    startNode(store === 'Redis' ? { REDIS_URL: (await startRedis()).url } : {});

  test('register, sign in, and chat with the token', async () => {
    const node = await started();
    expect((await post(node, path.register, anna)).status).toBe(201);
    expect((await post(node, path.register, anna)).status).toBe(409);
    const login = await post<TokenPair>(node, path.login, anna);
    expect(login.status).toBe(200);
    expect(login.body.expiresInSec).toBe(900);
    const headers = { authorization: `Bearer ${login.body.accessToken}` };
    expect(await get(node, `${path.rooms}/r/messages`, headers)).toMatchObject({
      status: 200,
      body: { ok: true, messages: [], head: 0 },
    });
  });

  test('refresh tokens follow one another, and an access token never stands in for one', async () => {
    const node = await started();
    const first = (await post<TokenPair>(node, path.register, anna)).body;
    const second = await refresh(node, first.refreshToken);
    expect(second.status).toBe(200);
    expect((await refresh(node, first.accessToken)).status).toBe(401);
    expect((await refresh(node, second.body.refreshToken)).status).toBe(200);
  });

  test('of refreshes with one token at the same moment exactly one wins', async () => {
    const node = await started();
    const { refreshToken } = (await post<TokenPair>(node, path.register, anna)).body;
    const all = await Promise.all(Array.from({ length: 5 }, () => refresh(node, refreshToken)));
    expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 401, 401, 401, 401,
    ]);
  });

  test('a token used again closes its family, and no other sign-in', async () => {
    const node = await started();
    const stolen = (await post<TokenPair>(node, path.register, anna)).body;
    const other = (await post<TokenPair>(node, path.login, anna)).body;
    const second = await refresh(node, stolen.refreshToken);
    const third = await refresh(node, second.body.refreshToken);
    expect(third.status).toBe(200);
    expect((await refresh(node, stolen.refreshToken)).status, 'used again').toBe(401);
    expect((await refresh(node, third.body.refreshToken)).status, 'the live one').toBe(401);
    expect((await refresh(node, other.refreshToken)).status, 'another sign-in').toBe(200);
  });

  test('wrong passwords and unknown names look the same, and are soon too many', async () => {
    const node = await started();
    await post(node, path.register, anna);
    const wrong = await post(node, path.login, { ...anna, password: 'wrong horse' });
    const unknown = await post(node, path.login, { ...anna, username: 'nobody' });
    expect(wrong.status).toBe(401);
    expect(unknown).toEqual(wrong);
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) statuses.push((await post(node, path.login, anna)).status);
    expect(statuses.at(-1)).toBe(429);
    // One account worn out is no reason to keep another one out.
    const berta = { ...anna, username: 'berta' };
    await post(node, path.register, berta);
    expect((await post(node, path.login, berta)).status).toBe(200);
  });
});

test.each([
  {},
  { username: 'anna' },
  { username: 'anna', password: 'short' },
  { username: 'a b', password: 'long enough' },
  { username: ['anna'], password: 'long enough' },
  { ...anna, username: 'x'.repeat(65) },
])('register refuses %j', async (body) => {
  const node = await startNode();
  expect((await post(node, path.register, body)).status).toBe(400);
});

describe('health', () => {
  test('is alive, ready, and says so in the known shape', async () => {
    const node = await startNode();
    expect(await get(node, path.live)).toMatchObject({ status: 200, body: { status: 'ok' } });
    for (const route of [path.health, path.ready]) {
      expect(await get(node, route)).toEqual({ status: 200, body: { status: 'ok', info: {} } });
    }
  });

  test('names Redis, and is not ready without it, though alive', async () => {
    const redis = await startRedis();
    const node = await startNode({ REDIS_URL: redis.url });
    expect(await get(node, path.ready)).toEqual({
      status: 200,
      body: { status: 'ok', info: { redis: { status: 'up' } } },
    });
    await redis.kill();
    await expect
      .poll(() => get(node, path.ready), { timeout: 4500 })
      .toEqual({
        status: 503,
        body: { status: 'error', info: {}, error: { redis: { status: 'down' } } },
      });
    expect((await get(node, path.live)).status).toBe(200);
    expect((await get(node, path.rooms)).status).toBe(503);
    expect((await post(node, path.register, anna)).status).toBe(503);
  });

  test('a node that should have a Redis does not start without one', async () => {
    const redis = await startRedis();
    await redis.kill();
    await expect(startNode({ REDIS_URL: redis.url })).rejects.toThrow('does not answer');
  });
});

describe('rooms', () => {
  test('are listed without a limit on requests; what is said in them needs a token', async () => {
    const node = await startNode();
    const client = await connect(node.url, 'anna');
    await client.join('r');
    await client.send('r', '1', 'hello');
    await expect
      .poll(() => get(node, path.rooms))
      .toEqual({ status: 200, body: { rooms: [{ room: 'r' }] } });
    const many = await Promise.all(Array.from({ length: 300 }, () => get(node, path.rooms)));
    expect(many.every(({ status }) => status === 200)).toBe(true);

    const messages = `${path.rooms}/r/messages`;
    const headers = { authorization: `Bearer ${await accessToken('berta')}` };
    expect((await get(node, messages)).status).toBe(401);
    expect((await get(node, messages, { authorization: 'Bearer x' })).status).toBe(401);
    expect((await get(node, `${messages}?limit=0`, headers)).status).toBe(400);
    expect((await get(node, `${messages}?after=x`, headers)).status).toBe(400);
    expect(await get(node, messages, headers)).toMatchObject({
      body: { head: 1, messages: [{ seq: 1, body: 'hello' }] },
    });
    expect(await get(node, `${messages}?after=1`, headers)).toMatchObject({
      body: { messages: [] },
    });
  });
});

test('answers name the node and the request, and carry the security headers', async () => {
  const node = await startNode({ RTOPS_NODE: 'api-7' });
  const answer = await fetch(node.url + path.health, { headers: { 'x-request-id': 'abc' } });
  expect(answer.headers.get('x-node')).toBe('api-7');
  expect(answer.headers.get('x-request-id')).toBe('abc');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const odd = await fetch(node.url + path.health, { headers: { 'x-request-id': 'a b<script>' } });
  expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('only listed origins may read answers from a page', async () => {
  const node = await startNode({ CORS_ORIGINS: 'https://good.example' });
  const allowed = async (origin: string): Promise<string | null> => {
    const answer = await fetch(node.url + path.health, { headers: { origin } });
    return answer.headers.get('access-control-allow-origin');
  };
  expect(await allowed('https://good.example')).toBe('https://good.example');
  expect(await allowed('https://evil.example')).toBeNull();
});

test('each role serves its own half', async () => {
  const api = await startNode({ RTOPS_ROLE: 'api' });
  const ws = await startNode({ RTOPS_ROLE: 'ws' });
  const status = async (node: TestNode, route: string): Promise<number> =>
    (await fetch(node.url + route)).status;
  const polling = `${path.socketIo}?EIO=4&transport=polling`;
  expect(await status(api, path.rooms)).toBe(200);
  expect(await status(api, polling)).toBe(404);
  expect(await status(ws, path.rooms)).toBe(404);
  expect(await status(ws, polling)).toBe(200);
  expect(await status(ws, path.ready)).toBe(200);
});

test('the metrics stand on a port of their own', async () => {
  const node = await startNode();
  expect((await fetch(node.url + path.metrics)).status).toBe(404);
  const metrics = await fetch(`http://127.0.0.1:${node.metricsPort}${path.metrics}`);
  expect(metrics.status).toBe(200);
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
});

test('demands https of a browser only where it came by https', async () => {
  const node = await startNode();
  const headersOf = async (proto: string): Promise<Headers> =>
    (await fetch(node.url + path.live, { headers: { 'x-forwarded-proto': proto } })).headers;
  const plain = await headersOf('http');
  expect(plain.get('strict-transport-security')).toBeNull();
  expect(plain.get('content-security-policy')).toContain("default-src 'self'");
  expect(plain.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  const secure = await headersOf('https');
  expect(secure.get('strict-transport-security')).toContain('max-age=');
  expect(secure.get('content-security-policy')).toContain('upgrade-insecure-requests');
});
