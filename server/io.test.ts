import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { io } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chatNamespace } from './contract.ts';
import { originPasses } from './origin.ts';
import { accessToken, connect } from './testing/client.ts';
import { startNode, testSecret } from './testing/node.ts';

async function refusalOf(url: string, auth: object): Promise<{ message: string; data?: unknown }> {
  const socket = io(url, { auth, transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => {
    socket.disconnect();
  });
  return new Promise((resolve, reject) => {
    socket.once('connect_error', resolve);
    socket.once('connect', () => reject(new Error('it was let in')));
  });
}

/** The status line and headers that a raw WebSocket handshake gets. */
async function upgrade(port: number, path: string, headers: readonly string[]): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
      '',
      '',
    ].join('\r\n'),
  );
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

const engine = '/socket.io/?EIO=4&transport=websocket';

describe('signing in', () => {
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  test.each([
    ['no token', async () => undefined, 'TOKEN_MISSING'],
    ['garbage', async () => 'garbage', 'TOKEN_INVALID'],
    ['a number', async () => 7, 'TOKEN_INVALID'],
    ['another secret', () => accessToken('u', { secret: 'y'.repeat(32) }), 'TOKEN_INVALID'],
    ['another issuer', () => accessToken('u', { issuer: 'someone' }), 'TOKEN_INVALID'],
    ['another audience', () => accessToken('u', { audience: 'someone' }), 'TOKEN_INVALID'],
    ['a refresh token', () => accessToken('u', { typ: 'refresh' }), 'TOKEN_INVALID'],
    ['an unknown role', () => accessToken('u', { role: 'ROOT' }), 'TOKEN_INVALID'],
    [
      'another HMAC',
      () => accessToken('u', { alg: 'HS512', secret: testSecret.repeat(2) }),
      'TOKEN_INVALID',
    ],
    ['an expired token', () => accessToken('u', { expiresInSec: -5 }), 'TOKEN_EXPIRED'],
    [
      'alg none',
      async () => `${none}.${(await accessToken('u')).split('.')[1] ?? ''}.`,
      'TOKEN_INVALID',
    ],
  ])('%s is refused', async (_name, make, code) => {
    const node = await startNode();
    const error = await refusalOf(node.url + chatNamespace, { token: await make() });
    expect(error.data).toEqual({ code });
  });

  test('a good token is let in', async () => {
    const node = await startNode();
    expect((await connect(node.url, 'anna')).socket.connected).toBe(true);
  });

  test('the root namespace and unknown ones are closed', async () => {
    const node = await startNode();
    const auth = { token: await accessToken('anna') };
    expect((await refusalOf(node.url, auth)).message).toBe('no such namespace');
    expect((await refusalOf(`${node.url}/other`, auth)).message).toBe('Invalid namespace');
  });
});

describe('the Origin', () => {
  const allowed = ['https://good.example'];
  test.each([
    [undefined, true],
    ['http://127.0.0.1:4000', true],
    ['https://127.0.0.1:4000', true],
    ['https://good.example', true],
    ['https://evil.example', false],
    ['https://good.example.evil.example', false],
    ['https://good.example:444', false],
    ['http://127.0.0.1:4000.evil.example', false],
    ['http://good.example', false],
    ['chrome-extension://127.0.0.1:4000', false],
    ['null', false],
    ['', false],
  ])('%s passes: %s', (origin, passes) => {
    expect(originPasses(origin, '127.0.0.1:4000', allowed)).toBe(passes);
  });

  test.each(['https://evil.example', 'https://good.example.evil.example', 'null'])(
    'a WebSocket from %s never opens, and polling is refused too',
    async (origin) => {
      const node = await startNode({ CORS_ORIGINS: 'https://good.example' });
      expect(await upgrade(node.port, engine, [`Origin: ${origin}`])).toMatch(/^HTTP\/1.1 403/);
      const polling = `${node.url}/socket.io/?EIO=4&transport=polling`;
      expect((await fetch(polling, { headers: { origin } })).status).toBe(403);
    },
  );

  test.each(['https://good.example', undefined])('a WebSocket from %s opens', async (origin) => {
    const node = await startNode({ CORS_ORIGINS: 'https://good.example' });
    const headers = origin === undefined ? [] : [`Origin: ${origin}`];
    const answer = await upgrade(node.port, engine, headers);
    expect(answer).toMatch(/^HTTP\/1.1 101/);
    expect(answer).toMatch(/x-node: server-1/i);
  });
});

test('an upgrade to anywhere else is told 404 and closed', async () => {
  const node = await startNode();
  expect(await upgrade(node.port, '/elsewhere', [])).toMatch(/^HTTP\/1.1 404/);
});

test('a polling answer names its node and keeps the request id', async () => {
  const node = await startNode({ RTOPS_NODE: 'ws-9' });
  const answer = await fetch(`${node.url}/socket.io/?EIO=4&transport=polling`, {
    headers: { 'x-request-id': 'req-1' },
  });
  expect(answer.headers.get('x-node')).toBe('ws-9');
  expect(answer.headers.get('x-request-id')).toBe('req-1');
});

describe('a full node', () => {
  test('refuses the next connection with 503, on both transports', async () => {
    const node = await startNode({ RTOPS_MAX_CONNECTIONS: '1' });
    await connect(node.url, 'anna');
    expect(await upgrade(node.port, engine, [])).toMatch(/^HTTP\/1.1 503/);
    expect((await fetch(`${node.url}/socket.io/?EIO=4&transport=polling`)).status).toBe(503);
    const page = await (await fetch(`http://127.0.0.1:${node.metricsPort}/metrics`)).text();
    expect(page).toMatch(/rtops_server_connection_errors_total\{code="full"\} 2/);
    expect(page).toMatch(/rtops_server_connections\{transport="websocket"\} 1/);
  });

  test('takes the one that fits', async () => {
    const node = await startNode({ RTOPS_MAX_CONNECTIONS: '2' });
    await connect(node.url, 'anna');
    await connect(node.url, 'berta', { transports: ['polling'] });
  });
});
