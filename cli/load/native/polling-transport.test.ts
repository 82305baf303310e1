import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';

import { expect, onTestFinished, test } from 'vitest';

import { createCookieJar } from '../cookie-jar.ts';
import { pollingTransport } from './polling-transport.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

test.each([
  { address: '127.0.0.1', host: '127.0.0.1' },
  ...(hasIpv6 ? [{ address: '::1', host: '[::1]' }] : []),
])('a session is opened on $host', async ({ address, host }) => {
  const asked = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    asked.resolve(request.headers.host ?? '');
    response.end('0{"sid":"a"}');
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  const heard = Promise.withResolvers<string>();
  const transport = pollingTransport(
    {
      url: new URL(`http://${host}:${port}`),
      localAddress: undefined,
      auth: '{}',
      cookies: createCookieJar(true),
    },
    {
      packet: (data) => {
        heard.resolve(data.toString());
        transport.end(false);
      },
      failed: ({ text }) => heard.resolve(text),
    },
  );
  expect(await heard.promise).toBe('0{"sid":"a"}');
  expect(await asked.promise).toBe(`${host}:${port}`);
});

test('a cookie that the handshake set goes with every later request', async () => {
  const sent: (string | undefined)[] = [];
  const second = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    sent.push(request.headers.cookie);
    if (sent.length === 2) return second.resolve();
    response.setHeader('set-cookie', [
      'node=ws-1; Path=/socket.io/; HttpOnly',
      'other=1; Path=/api',
    ]);
    response.end('0{"sid":"a"}');
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = pollingTransport(
    {
      url: new URL(`http://127.0.0.1:${port}`),
      localAddress: undefined,
      auth: '{}',
      cookies: createCookieJar(true),
    },
    { packet: () => undefined, failed: () => undefined },
  );
  onTestFinished(() => transport.end(false));
  await second.promise;
  expect(sent).toEqual([undefined, 'node=ws-1']);
});
