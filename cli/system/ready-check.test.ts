import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';

import { isReady } from './ready-check.ts';

/** Says something again and again, so that it is never idle and never done. */
async function dribbler(first: string, then: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(first);
    const timer = setInterval(() => socket.write(then), 200);
    socket.once('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each([
  ['its body', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'],
  ['its headers', 'HTTP/1.1 200 OK\r\nX-Long: '],
])('an answer without an end (%s) is none, and is not waited for', async (_, first) => {
  const port = await dribbler(first, 'x');
  const startMs = performance.now();
  expect(await isReady('127.0.0.1', { kind: 'http', port, path: '/' })).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(4000);
});
